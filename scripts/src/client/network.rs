//! Chains by name.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use alloy::transports::http::reqwest::Url;

/// Where chains of one's own answer, the embedded one and Nitro's dev node alike.
const LOCAL: &str = "http://127.0.0.1:8547";
/// Time between looks for a receipt on a local node, and on any other: blocks of Arbitrum are a quarter of a second apart.
const LOCAL_POLL: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(500);

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

    /// Where a node of it answers, without what may be secret in its address.
    #[must_use]
    pub fn host(&self) -> String {
        public_part(self.url())
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

/// Of a URL only what [`public_part`] leaves.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::ArbitrumSepolia => "arbitrum-sepolia",
            Self::ArbitrumOne => "arbitrum-one",
            Self::Url(url) => return f.write_str(&public_part(url)),
        })
    }
}

/// An address without what may be secret in it: its user, path and query.
pub(super) fn public_part(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or((None, url), |(scheme, rest)| (Some(scheme), rest));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    scheme.map_or_else(|| host.to_owned(), |scheme| format!("{scheme}://{host}"))
}

/// A text in which of every address [`public_part`] is left.
pub(super) fn without_secrets(text: &str) -> String {
    let ends = [' ', '\n', '(', ')', '"', '\'', '<', '>'];
    let part = |part: &str| {
        if !part.contains("://") {
            return part.to_owned();
        }
        let url = part.strip_suffix(ends).unwrap_or(part);
        public_part(url) + part.strip_prefix(url).unwrap_or_default()
    };
    text.split_inclusive(ends).map(part).collect()
}

/// Whether its whole host is this machine's, read as it is where the node is asked: localhost.example.com is somebody else's.
fn is_local(url: &str) -> bool {
    url.parse::<Url>().is_ok_and(|url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")))
}

/// How often a node is asked for a receipt.
pub(super) fn poll_interval(url: &str) -> Duration {
    if is_local(url) { LOCAL_POLL } else { POLL }
}

#[cfg(test)]
mod tests {
    use super::{LOCAL_POLL, Network, POLL, poll_interval};

    #[test]
    fn names_and_urls_are_read_as_they_are_written() {
        for name in ["local", "arbitrum-sepolia", "arbitrum-one", "http://10.0.0.1:8547"] {
            assert_eq!(name.parse::<Network>().unwrap().to_string(), name);
        }
        assert_eq!("arbitrum-one".parse::<Network>().unwrap().chain_id(), Some(42_161));
        let secret = "https://user:word@node.example:8443/v2/key?key#key".parse::<Network>().unwrap();
        assert_eq!(secret.to_string(), "https://node.example:8443", "what may be secret is never written");
        let local = |text: &str| text.parse::<Network>().unwrap().is_local();
        assert!(local("local") && local("http://localhost:1") && !local("arbitrum-sepolia"));
    }

    #[test]
    fn only_a_whole_host_is_local_and_others_are_asked_twice_a_second() {
        let local = ["http://127.0.0.1:8547", "http://LOCALHOST", "http://user@localhost/", "ws://[::1]:8547/path"];
        let others = [
            "https://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "http://localhost:word@example.com",
            "http://example.com/localhost",
            "http://localhost-1",
            "localhost:8547",
        ];
        for (urls, is_local, poll) in [(&local[..], true, LOCAL_POLL), (&others[..], false, POLL)] {
            for url in urls {
                let network: Network = url.parse().unwrap();
                assert_eq!((network.is_local(), poll_interval(url)), (is_local, poll), "{url}");
            }
        }
        assert_eq!(poll_interval(Network::ArbitrumOne.url()), POLL);
    }
}
