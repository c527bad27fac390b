//! Chains by name.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Where chains of one's own answer, the embedded one and Nitro's dev node alike.
const LOCAL: &str = "http://127.0.0.1:8547";
/// Milliseconds between looks for a receipt on a local node.
const LOCAL_POLL: u64 = 100;

/// A chain by name or URL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Network {
    /// A node on this machine, whatever its chain's id.
    #[default]
    Local,
    /// Arbitrum's public test network.
    ArbitrumSepolia,
    /// Arbitrum One.
    ArbitrumOne,
    /// Any other node.
    Url(String),
}

impl Network {
    /// Where a node of it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Local => LOCAL,
            Self::ArbitrumSepolia => "https://sepolia-rollup.arbitrum.io/rpc",
            Self::ArbitrumOne => "https://arb1.arbitrum.io/rpc",
            Self::Url(url) => url,
        }
    }

    /// Its chain id, where the name settles it.
    #[must_use]
    pub const fn chain_id(&self) -> Option<u64> {
        match self {
            Self::ArbitrumSepolia => Some(421_614),
            Self::ArbitrumOne => Some(42_161),
            Self::Local | Self::Url(_) => None,
        }
    }

    /// Whether the node is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_local(self.url())
    }
}

impl FromStr for Network {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "local" => Self::Local,
            "arbitrum-sepolia" => Self::ArbitrumSepolia,
            "arbitrum-one" => Self::ArbitrumOne,
            url => Self::Url(url.to_owned()),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::ArbitrumSepolia => "arbitrum-sepolia",
            Self::ArbitrumOne => "arbitrum-one",
            Self::Url(url) => url,
        })
    }
}

fn is_local(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or(url);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host.starts_with(name))
}

/// Local nodes are asked more often.
pub(super) fn poll_interval(url: &str) -> Option<u64> {
    is_local(url).then_some(LOCAL_POLL)
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn names_and_urls_are_read_as_they_are_written() {
        for name in ["local", "arbitrum-sepolia", "arbitrum-one", "http://10.0.0.1:8547"] {
            assert_eq!(name.parse::<Network>().unwrap().to_string(), name);
        }
        assert_eq!("arbitrum-one".parse::<Network>().unwrap().chain_id(), Some(42_161));
        let local = |text: &str| text.parse::<Network>().unwrap().is_local();
        assert!(local("local") && local("http://localhost:1") && !local("arbitrum-sepolia"));
    }
}
