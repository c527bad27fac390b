//! `cargo fomo devnet`: the embedded chain, served until it is stopped.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, Bytes, address, hex, utils::format_ether, utils::parse_ether};
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args as _, Command, FromArgMatches as _};
use fomo_chain::{Chain, Config, ForkPoint, MNEMONIC, StateFile};
use fomo_rpc::{Server, Upstream, UpstreamOptions};

use crate::npm;
use crate::ui::explain;

/// Where StylusDeployer is on every Arbitrum chain.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");

/// How long open connections may take to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// The end of the year 9999.
const LATEST_GENESIS: u64 = 253_402_300_799;

/// The settings; what is not given is as on Arbitrum One, or as the state file has it.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(args_override_self = true)]
pub struct Options {
    /// File with settings, a line each as in `chain-id = 5`, named as the flags are; flags win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Port to listen on, HTTP and WebSocket alike; 0 takes a free one
    #[arg(long, default_value_t = 8547)]
    pub port: u16,
    /// File to keep the chain in: it goes on from there the next time, and a kill loses nothing that was mined
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// URL of a node of another chain to go on from: what it has is read when it is needed, and only written here
    #[arg(long, value_name = "URL")]
    pub fork_url: Option<String>,
    /// Block of that chain to go on from; its node has to keep the state of it [default: the latest]
    #[arg(long, value_name = "NUMBER", requires = "fork_url")]
    pub fork_block: Option<u64>,
    /// Chain id [default: 412346, or that of the forked chain]
    #[arg(long)]
    pub chain_id: Option<u64>,
    /// ArbOS version, which Stylus' prices and rules follow [default: 51, or that of a forked Arbitrum chain]
    #[arg(long, value_parser = clap::value_parser!(u64).range(32..))]
    pub arbos: Option<u64>,
    /// Price of gas in wei [default: 100000000, or that of the forked block]
    #[arg(long, alias = "gas-price")]
    pub base_fee: Option<u64>,
    /// Funded accounts [default: 10]
    #[arg(long, value_parser = clap::value_parser!(u32).range(..=100))]
    pub accounts: Option<u32>,
    /// Balance of each account in ETH [default: 10000]
    #[arg(long)]
    pub balance: Option<String>,
    /// Gas limit of a block and of a transaction [default: 32000000]
    #[arg(long)]
    pub block_gas_limit: Option<u64>,
    /// Timestamp of the first block in Unix seconds [default: now; of a forked chain that of its block]
    #[arg(long, value_name = "SECONDS", conflicts_with = "fork_url", value_parser = clap::value_parser!(u64).range(..=LATEST_GENESIS))]
    pub genesis_time: Option<u64>,
    /// Mine only when asked to, rather than a block for every transaction
    #[arg(long)]
    pub no_mining: bool,
    /// Mine a block every so many seconds, rather than one for every transaction
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub block_time: Option<u64>,
    /// Cache every program when it is activated, as a bid would: calls cost less
    #[arg(long)]
    pub cache: bool,
    /// Charge the call-data floor of EIP-7623, as Ethereum does and Arbitrum does not
    #[arg(long)]
    pub eip7623: bool,
}

impl Options {
    /// With the settings of the file that `--config` names, if it names one; `typed` is what was typed behind the command, and wins.
    ///
    /// # Errors
    /// When the file cannot be read, or says what no flag takes.
    pub fn with_file(self, typed: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let Some(path) = &self.config else { return Ok(self) };
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read.", path.display()))?;
        let settings: toml::Table = text.parse().with_context(|| format!("{} is no TOML.", path.display()))?;
        let mut words = vec![OsString::from("devnet")];
        for (name, value) in settings {
            ensure!(name != "config", "{} names another file.", path.display());
            match value {
                toml::Value::Boolean(true) => words.push(format!("--{name}").into()),
                toml::Value::Boolean(false) => {}
                toml::Value::String(text) => words.push(format!("--{name}={text}").into()),
                toml::Value::Integer(number) => words.push(format!("--{name}={number}").into()),
                other => bail!("{}: {name} cannot be {other}.", path.display()),
            }
        }
        let command = Self::augment_args(Command::new("devnet"));
        let matches = command.try_get_matches_from(words.into_iter().chain(typed));
        let matches = matches.map_err(|error| anyhow!("{}: {}", path.display(), error.to_string().trim_end()))?;
        Ok(Self::from_arg_matches(&matches)?)
    }

    /// The chain that they ask for.
    ///
    /// # Errors
    /// When the balance is no amount of ETH.
    pub fn config(&self) -> Result<Config> {
        self.config_over(&Config::default())
    }

    /// The settings of a chain that has others already, changed where one was given.
    fn config_over(&self, old: &Config) -> Result<Config> {
        let balance = |text: &String| {
            parse_ether(text).with_context(|| {
                format!("--balance takes an amount of ETH such as 10000 or 0.5, and \"{text}\" is none.")
            })
        };
        Ok(Config {
            chain_id: self.chain_id.unwrap_or(old.chain_id),
            arbos: self.arbos.unwrap_or(old.arbos),
            base_fee: self.base_fee.unwrap_or(old.base_fee),
            block_gas_limit: self.block_gas_limit.unwrap_or(old.block_gas_limit),
            accounts: self.accounts.unwrap_or(old.accounts),
            balance: self.balance.as_ref().map_or(Ok(old.balance), balance)?,
            genesis_time: self.genesis_time.or(old.genesis_time),
            auto_mine: old.auto_mine && !self.no_mining && self.block_time.is_none(),
            auto_cache: old.auto_cache || self.cache,
            eip7623: old.eip7623 || self.eip7623,
        })
    }

    /// The chain to fork at this block, if one is to be. It waits for the network.
    fn upstream(&self, block: Option<u64>) -> Result<Option<Upstream>> {
        let Some(url) = &self.fork_url else { return Ok(None) };
        let options = UpstreamOptions { block, ..UpstreamOptions::new(url) };
        let upstream = Upstream::connect(&options);
        upstream.map(Some).map_err(|error| anyhow!("--fork-url names no chain that can be forked: {error}."))
    }

    /// A chain with its first block: a new one, or one that goes on from another.
    fn new_chain(&self) -> Result<(Chain, Option<Upstream>)> {
        let Some(upstream) = self.upstream(self.fork_block)? else { return Ok((Chain::new(self.config()?), None)) };
        let point = upstream.point().clone();
        let config = self.config_over(&point.config())?;
        Ok((Chain::forked(config, point, Arc::new(upstream.clone())), Some(upstream)))
    }

    /// The chain of a file, with the one that it was forked from.
    fn old_chain(&self, chain: &mut Chain) -> Result<Option<Upstream>> {
        let point = chain.fork_point().cloned();
        match (&point, &self.fork_url) {
            (Some(point), None) => bail!("It was forked from {point}: name a node of that chain with --fork-url."),
            (None, Some(_)) => bail!("It was not forked from another chain, so that --fork-url does not go with it."),
            _ => {}
        }
        let number = point.as_ref().map(ForkPoint::number);
        if let (Some(number), Some(wanted)) = (number, self.fork_block) {
            ensure!(number == wanted, "It was forked at block {number}, not at {wanted}.");
        }
        self.apply(chain)?;
        let upstream = self.upstream(number)?;
        if let Some(upstream) = &upstream {
            chain
                .attach(upstream.point().clone(), Arc::new(upstream.clone()))
                .map_err(|error| anyhow!("It cannot go on from there: {error}."))?;
        }
        Ok(upstream)
    }

    /// The chain: the one in the state file, or a new one.
    fn chain(&self) -> Result<(Chain, Option<Upstream>, Option<StateFile>)> {
        let Some(path) = &self.state else {
            let (chain, upstream) = self.new_chain()?;
            return Ok((chain, upstream, None));
        };
        let (file, chain) = StateFile::open(path)
            .map_err(|error| anyhow!("{} cannot be used for --state: {error}.", path.display()))?;
        let (chain, upstream) = match chain {
            Some(mut chain) => {
                let upstream = self.old_chain(&mut chain);
                let upstream = upstream.with_context(|| format!("{} has another chain.", path.display()))?;
                (chain, upstream)
            }
            None => self.new_chain()?,
        };
        Ok((chain, upstream, Some(file)))
    }

    /// Changes what may change from one run of a chain to the next.
    fn apply(&self, chain: &mut Chain) -> Result<()> {
        let old = chain.config().clone();
        let new = self.config_over(&old)?;
        ensure!(new.chain_id == old.chain_id, "Its id is {}, not {}.", old.chain_id, new.chain_id);
        let genesis = |config: &Config| (config.accounts, config.balance, config.genesis_time);
        ensure!(
            genesis(&new) == genesis(&old),
            "Accounts, their balance and the first block's time cannot change any more."
        );
        chain.set_rules(new.arbos, new.block_gas_limit, new.auto_cache, new.eip7623);
        if let Some(base_fee) = self.base_fee {
            chain.set_base_fee(base_fee);
        }
        if self.no_mining || self.block_time.is_some() {
            chain.set_auto_mine(false);
        }
        Ok(())
    }
}

/// Serves a chain until it is interrupted or told to end.
///
/// # Errors
/// When a setting makes no sense or the port is taken.
pub async fn run(options: &Options) -> Result<()> {
    let wanted = options.clone();
    let (mut chain, upstream, mut file) = tokio::task::spawn_blocking(move || wanted.chain()).await??;
    let deployed = has_deployer(&chain).await?;
    let deployer_at_hand = deployed || npm::is_installed(npm::NITRO_CONTRACTS);
    if deployer_at_hand && !deployed {
        chain.set_code(STYLUS_DEPLOYER, npm::stylus_deployer()?);
    }
    if let Some(file) = &mut file {
        file.save(&mut chain).with_context(|| format!("{} cannot be written.", file.path().display()))?;
    }
    let welcome = welcome(&chain, file.as_ref())?;
    // Before anybody can know that it runs, and tell it to end.
    let stop = stop_signal()?;
    tokio::pin!(stop);
    let address = SocketAddr::new(options.host, options.port);
    let server = Server::start_forked(chain, upstream, file, address)
        .await
        .with_context(|| format!("The chain cannot listen on {address}."))?;
    server.set_interval_mining(options.block_time.unwrap_or(0)).await?;
    say(welcome);
    say(format!("Listening on http://{0} and ws://{0}. Ctrl-C stops it.", server.addr()));
    if !deployer_at_hand {
        tokio::select! {
            result = &mut stop => return result,
            () = fetch_deployer(&server) => {}
        }
    }
    stop.await?;
    say("Stopping.");
    // Open requests are answered, and connections that stay open do not keep it alive.
    let _ = tokio::time::timeout(PATIENCE, server.stop()).await;
    Ok(())
}

/// Whether StylusDeployer is on a chain, which may have to ask another one.
async fn has_deployer(chain: &Chain) -> Result<bool> {
    let state = chain.head_state();
    let code = tokio::task::spawn_blocking(move || state.try_code(STYLUS_DEPLOYER)).await?;
    Ok(!code?.is_empty())
}

/// Puts StylusDeployer on a chain that already answers; without it, the chain goes on.
async fn fetch_deployer(server: &Server) {
    say("StylusDeployer is not at its address yet: its bytecode is being fetched from npm.");
    let code: Result<Bytes> =
        tokio::task::spawn_blocking(npm::stylus_deployer).await.unwrap_or_else(|error| Err(error.into()));
    match code {
        Ok(code) => match server.with_chain(|chain| chain.set_code(STYLUS_DEPLOYER, code)).await {
            Ok(()) => say(format!("StylusDeployer is at {STYLUS_DEPLOYER}.")),
            Err(error) => eprintln!("There will be no StylusDeployer on this chain: {error}"),
        },
        Err(error) => eprintln!("There will be no StylusDeployer on this chain. {}", explain(&error)),
    }
}

/// The accounts and the settings, as a person needs them to connect.
fn welcome(chain: &Chain, file: Option<&StateFile>) -> Result<String> {
    let (mut text, config) = (String::new(), chain.config());
    let balance = format_ether(config.balance);
    let balance = balance.trim_end_matches('0').trim_end_matches('.');
    writeln!(text, "Accounts, each with {balance} ETH at genesis, and their private keys:")?;
    for (index, key) in chain.development_keys().iter().enumerate() {
        writeln!(text, "  ({index}) {}  {}", key.address(), hex::encode_prefixed(key.to_bytes()))?;
    }
    writeln!(text, "Mnemonic: {MNEMONIC}\nThese keys are public. Never send anything of value to them.\n")?;
    write!(text, "Chain id {}, ArbOS {}, gas price {} wei.", config.chain_id, config.arbos, chain.base_fee())?;
    if let Some(point) = chain.fork_point() {
        let kind = point.arbos.map_or("a chain without Stylus".into(), |arbos| format!("ArbOS {arbos}"));
        write!(text, "\nIt was forked from {point}, {kind}; nothing is ever written there.")?;
    }
    if let Some(file) = file {
        write!(text, "\nIt is kept in {}, from block {} on.", file.path().display(), chain.head())?;
    }
    Ok(text)
}

/// Waits from now on for Ctrl-C and, where there is one, SIGTERM: what is returned ends at the first of them.
fn stop_signal() -> Result<impl Future<Output = Result<()>>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            Ok(())
        })
    }
    #[cfg(not(unix))]
    Ok(async { Ok(tokio::signal::ctrl_c().await?) })
}

/// Prints a line. Whoever reads along may leave; the chain goes on.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;
    use clap::Parser;
    use tokio::runtime::Runtime;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn a_file_has_settings_and_flags_win_over_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("devnet.toml");
        let read = |text: &str, typed: &[&str]| {
            std::fs::write(&path, text).unwrap();
            let typed = [&["--config", path.to_str().unwrap()], typed].concat();
            let options = Line::try_parse_from(["devnet"].iter().chain(&typed)).unwrap().options;
            options.with_file(typed.iter().map(Into::into)).map_err(|error| format!("{error:#}"))
        };
        let options =
            read("chain-id = 5\nport = 1\nbalance = \"0.5\"\ncache = true\neip7623 = false\n", &["--port", "2"]);
        let options = options.unwrap();
        assert_eq!((options.chain_id, options.port, options.cache, options.eip7623), (Some(5), 2, true, false));
        assert_eq!(options.balance.as_deref(), Some("0.5"));
        for (text, why) in [
            ("chain = 5", "--chain"),
            ("chain-id = \"five\"", "five"),
            ("chain-id = [5]", "cannot be [5]"),
            ("chain-id 5", "is no TOML"),
            ("config = \"other\"", "names another file"),
        ] {
            let error = read(text, &[]).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    fn options(line: &[&str]) -> Result<Options, clap::Error> {
        Line::try_parse_from([&["devnet"], line].concat()).map(|line| line.options)
    }

    #[test]
    fn without_settings_it_is_the_default_chain() {
        assert_eq!(options(&[]).unwrap().config().unwrap(), Config::default());
    }

    #[test]
    fn settings_reach_the_chain() {
        let line = [
            "--chain-id",
            "7",
            "--arbos",
            "60",
            "--gas-price",
            "1",
            "--balance",
            "0.5",
            "--no-mining",
            "--cache",
            "--eip7623",
        ];
        let config = options(&line).unwrap().config().unwrap();
        assert_eq!((config.chain_id, config.arbos, config.base_fee), (7, 60, 1));
        assert_eq!(config.balance, parse_ether("0.5").unwrap());
        assert!(!config.auto_mine && config.auto_cache && config.eip7623);
    }

    /// A chain with one block for others to go on from.
    fn served(runtime: &Runtime, chain_id: u64) -> Server {
        let mut chain = Chain::new(Config { chain_id, base_fee: 3, arbos: 60, ..Config::default() });
        chain.set_balance(STYLUS_DEPLOYER, U256::from(5));
        chain.mine(1, None);
        runtime.block_on(Server::start(chain, ([127, 0, 0, 1], 0).into())).unwrap()
    }

    #[test]
    fn a_fork_has_the_settings_of_its_chain_but_for_those_that_are_given() {
        let runtime = Runtime::new().unwrap();
        let server = served(&runtime, 7);
        let url = server.url();
        let forked =
            |line: &[&str]| options(&[&["--fork-url", url.as_str()], line].concat()).unwrap().chain().unwrap().0;
        let config = forked(&[]).config().clone();
        assert_eq!((config.chain_id, config.base_fee, config.arbos), (7, 3, 60));
        let chain = forked(&["--chain-id", "8", "--base-fee", "4", "--fork-block", "0", "--accounts", "1"]);
        assert_eq!((chain.config().chain_id, chain.base_fee(), chain.head()), (8, 4, 0));
        assert_eq!((chain.accounts().len(), chain.head_state().balance(chain.owner())), (1, chain.config().balance));
        assert_eq!(forked(&[]).head_state().balance(STYLUS_DEPLOYER), U256::from(5));
        let welcome = welcome(&forked(&[]), None).unwrap();
        assert!(welcome.contains("It was forked from block 1 (0x") && welcome.contains(&url), "{welcome}");
        assert!(options(&["--fork-block", "1"]).is_err(), "of which chain?");
        assert!(options(&["--fork-url", &url, "--genesis-time", "1"]).is_err());
        for (line, said) in [
            (["--fork-url", url.as_str(), "--fork-block", "2"], "no such block"),
            (["--fork-url", "somewhere", "--fork-block", "2"], "is not the URL of a node"),
        ] {
            let error = explain(&options(&line).unwrap().chain().unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_fork_in_a_file_needs_the_chain_that_it_is_of() {
        let runtime = Runtime::new().unwrap();
        let [server, other] = [7, 8].map(|id| served(&runtime, id));
        let folder = tempfile::tempdir().unwrap();
        let [fork, own] = ["fork", "own"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
        let opened = |line: &[&str]| options(line).unwrap().chain();
        let refused = |line: &[&str]| explain(&opened(line).map(drop).unwrap_err());
        let url = server.url();

        let (mut chain, upstream, file) = opened(&["--state", &fork, "--fork-url", &url]).unwrap();
        assert!(upstream.is_some());
        chain.set_balance(STYLUS_DEPLOYER, U256::from(6));
        chain.mine(3, None);
        file.unwrap().save(&mut chain).unwrap();
        // The other chain goes on; the fork is of the block that it was of.
        runtime.block_on(server.with_chain(|chain| chain.mine(2, None))).unwrap();
        let (chain, _, file) = opened(&["--state", &fork, "--fork-url", &url]).unwrap();
        assert_eq!((chain.first(), chain.head()), (1, 4));
        assert_eq!(chain.head_state().balance(STYLUS_DEPLOYER), U256::from(6));
        assert_eq!(chain.head_state().balance(Address::repeat_byte(1)), U256::ZERO);
        drop(file);
        assert!(refused(&["--state", &fork]).contains("It was forked from block 1"));
        assert!(
            refused(&["--state", &fork, "--fork-url", &url, "--fork-block", "2"])
                .contains("forked at block 1, not at 2")
        );
        assert!(refused(&["--state", &fork, "--fork-url", &other.url()]).contains("made from block 1"));

        let (mut chain, _, file) = opened(&["--state", &own]).unwrap();
        file.unwrap().save(&mut chain).unwrap();
        assert!(refused(&["--state", &own, "--fork-url", &url]).contains("not forked"));
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence() {
        assert!(options(&["--arbos", "20"]).is_err() && options(&["--host", "everywhere"]).is_err());
        let error = options(&["--balance", "much"]).unwrap().config().unwrap_err();
        assert!(error.to_string().starts_with("--balance takes an amount of ETH"));
    }
}
