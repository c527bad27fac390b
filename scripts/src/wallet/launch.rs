//! Launches (`protocol.md` §3).

use alloy::primitives::{Address, B256, U256};
use anyhow::{Context, Result, bail, ensure};
use fomo_common::curve::{Curve, TradingFee};
use fomo_common::{Bps, math};

use super::amount::{Amount, At, address, bps, model_id, seconds, span, time, word};
use super::{Options, Wallet, list, show, text};
use crate::abi::{IAccess, IFomoERC20, ILaunchpad, ILens};
use crate::ui::decimal;

/// Decimals of prices.
const PRICE: usize = 9;
/// Launches of a page.
const PAGE: u64 = 200;
/// States as the launchpad numbers them.
const STATES: [&str; 6] = ["none", "scheduled", "raising", "succeeded", "graduated", "failed"];
const GRADUATED: u8 = 4;
const FAILED: u8 = 5;

/// What can be done with launches.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Launches, the newest last
    List(List),
    /// One launch
    Show(Of),
    /// Launch a model
    Create(Box<Create>),
    /// Buy on a launch's curve
    Buy(Buy),
    /// Graduate a launch that succeeded; anyone may
    Graduate(Of),
    /// Take the FLOCK back that you paid into a launch that failed
    Redeem(Of),
    /// Take the tokens that you bought, once the launch has graduated
    Claim(Of),
    /// Take the issuer's fees of your graduated launches
    Fees(List),
}

/// No argument of its own.
#[derive(Debug, Clone, clap::Args)]
pub struct List {
    #[command(flatten)]
    options: Options,
}

/// A launch.
#[derive(Debug, Clone, clap::Args)]
pub struct Of {
    /// Address of its Model Token
    #[arg(value_parser = address)]
    token: Address,
    #[command(flatten)]
    options: Options,
}

/// A buy.
#[derive(Debug, Clone, clap::Args)]
pub struct Buy {
    /// Address of the launch's Model Token
    #[arg(value_parser = address)]
    token: Address,
    /// How much: "12.5 FLOCK" to spend, fees included, or "1000 MT" to get
    amount: Amount,
    /// How much worse than quoted it may become: "0.5%", "50 bps"
    #[arg(long, default_value = "1%", value_parser = bps)]
    slippage: u16,
    #[command(flatten)]
    options: Options,
}

/// A new launch.
#[derive(Debug, Clone, clap::Args)]
pub struct Create {
    /// Name of the Model Token
    #[arg(long)]
    name: String,
    /// Symbol of the Model Token
    #[arg(long)]
    symbol: String,
    /// Model type, which has the targets
    #[arg(long = "type", value_name = "NAME", value_parser = word)]
    model_type: B256,
    /// Model id as the API platform has it: a text, or the 32 bytes that it is known by
    #[arg(long, value_name = "ID", value_parser = model_id)]
    model_id: B256,
    /// Where the token is to trade: uniswap-v2 or aerodrome
    #[arg(long, value_name = "NAME")]
    venue: String,
    /// Where the model's description is
    #[arg(long, value_name = "URI")]
    metadata: String,
    /// When the sale begins, UTC, at most 30 days ahead [default: at once]
    #[arg(long, value_name = "TIME", value_parser = time)]
    start: Option<u64>,
    /// How long it goes on, 1 hour to 30 days
    #[arg(long, value_name = "TIME", default_value = "7 days", value_parser = seconds)]
    duration: u64,
    /// Tax early buys: 99 % in the first minute, a point less with each
    #[arg(long)]
    surcharge: bool,
    /// First buy of your own in the same transaction, which vests: "1000 FLOCK"
    #[arg(long, value_name = "AMOUNT")]
    bundle: Option<Amount>,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn run(command: &Command) -> Result<bool> {
    match command {
        Command::List(command) => all(command).await,
        Command::Show(command) => one(command).await,
        Command::Create(command) => create(command).await,
        Command::Buy(command) => buy(command).await,
        Command::Graduate(command) => graduate(command).await,
        Command::Redeem(command) => redeem(command).await,
        Command::Claim(command) => claim(command).await,
        Command::Fees(command) => fees(command).await,
    }
}

/// A launch's state in a word.
pub(super) fn state(number: u8) -> &'static str {
    STATES.get(usize::from(number)).copied().unwrap_or("unknown")
}

/// A launch's symbol: a token has one once it exists.
async fn symbol(wallet: &Wallet, token: Address) -> Result<String> {
    if wallet.client.code(token).await?.is_empty() {
        return Ok("MT".to_owned());
    }
    wallet.view(token, IFomoERC20::symbolCall {}).await
}

async fn card(wallet: &Wallet, token: Address) -> Result<ILens::LaunchCard> {
    let launchpad = wallet.at("launchpad")?;
    wallet.view(wallet.at("lens")?, ILens::launchCardCall { launchpad, token }).await
}

async fn all(command: &List) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, lens) = (wallet.at("launchpad")?, wallet.at("lens")?);
    let count: u64 = wallet.view(launchpad, ILaunchpad::launchCountCall {}).await?.saturating_to();
    let mut rows = Vec::new();
    for offset in (0..count).step_by(usize::try_from(PAGE)?) {
        for card in wallet.view(lens, ILens::launchCardsCall { launchpad, offset, limit: PAGE }).await? {
            let target = format!("{} to {}", text(card.targetRaiseMin), text(card.targetRaiseMax));
            let left = if card.timeLeft == 0 { String::new() } else { span(card.timeLeft) };
            let (raised, price) = (text(card.raised), decimal(card.price, PRICE));
            rows.push(vec![card.token.to_string(), state(card.state).to_owned(), raised, target, price, left]);
        }
    }
    list(&["token", "state", "FLOCK raised", "of", "price, FLOCK", "for"], rows);
    Ok(true)
}

async fn one(command: &Of) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let card = card(&wallet, command.token).await?;
    println!("Launch of {}\n", command.token);
    show(&[
        (
            "state",
            format!(
                "{}, {}",
                state(card.state),
                if card.timeLeft == 0 { "for good".into() } else { span(card.timeLeft) }
            ),
        ),
        ("issuer", card.creator.to_string()),
        ("sale", format!("{} to {}", At(card.saleStart), At(card.saleEnd))),
        ("raised", format!("{} FLOCK", text(card.raised))),
        ("target", format!("{} to {} FLOCK", text(card.targetRaiseMin), text(card.targetRaiseMax))),
        ("sold", format!("{} MT", text(card.sold))),
        ("price", format!("{} FLOCK", decimal(card.price, PRICE))),
        ("a buy pays", format!("{} bps, {} without the surcharge", card.taxBps, card.feeBps)),
        ("model id", card.modelId.to_string()),
        ("adapter", card.adapter.to_string()),
    ]);
    Ok(true)
}

/// What a launch would freeze now.
struct Terms {
    adapter: Address,
    fee: U256,
    min: U256,
    max: U256,
    curve: Curve,
    trading: TradingFee,
}

impl Terms {
    async fn read(wallet: &Wallet, command: &Create) -> Result<(Self, B256)> {
        let launchpad = wallet.at("launchpad")?;
        let venue = word(&command.venue.to_uppercase().replace('-', "_"))?;
        let key = wallet.view(launchpad, ILaunchpad::venueKeyCall { venue }).await?;
        let none = || format!("There is no venue \"{}\".", command.venue);
        let adapter = wallet.view(launchpad, IAccess::parameterCall { key }).await.with_context(none)?;
        ensure!(!adapter.is_zero(), "There is no venue \"{}\" any more.", command.venue);
        let key = ILaunchpad::modelTypeKeyCall { modelTypeId: command.model_type };
        let key = wallet.view(launchpad, key).await?;
        let targets = wallet.view(launchpad, IAccess::parameterCall { key }).await;
        let targets = targets.context("There is no such model type.")?;
        ensure!(!targets.is_zero(), "There is no such model type any more.");
        let parameter = async |name| wallet.view(launchpad, IAccess::parameterCall { key: word(name)? }).await;
        let (fee, trading, phi) =
            (parameter("LAUNCH_FEE").await?, parameter("TRADING_FEE").await?, parameter("PHI").await?);
        let (min, max) = (targets & ((U256::ONE << 96) - U256::ONE), targets >> 96);
        let low: u32 = trading.saturating_to();
        let part = |value: u32| Bps::new(u16::try_from(value & 0xFFFF)?).map_err(anyhow::Error::from);
        let trading = TradingFee::new(part(low)?, part(low >> 16)?)?;
        let curve = Curve::new(max, part(phi.saturating_to())?)?;
        Ok((Self { adapter: Address::from_word(adapter.into()), fee, min, max, curve, trading }, venue))
    }
}

async fn create(command: &Create) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, flock) = (wallet.at("launchpad")?, wallet.at("flock")?);
    let (terms, venue) = Terms::read(&wallet, command).await?;
    let bundle = command.bundle.as_ref().map(|amount| amount.of("FLOCK", None)).transpose()?;
    let bundled = bundle.map(|offer| terms.curve.bundled_buy(offer, &terms.trading, terms.min)).transpose()?;
    let takes = terms.fee.saturating_add(bundled.map_or(U256::ZERO, |buy| buy.flock_in));
    wallet.has(flock, takes, "FLOCK").await?;
    let mut quote = vec![
        ("token", format!("{} ({})", command.name, command.symbol)),
        ("launch fee", format!("{} FLOCK, which never comes back", text(terms.fee))),
        ("raises", format!("{} to {} FLOCK in {}", text(terms.min), text(terms.max), span(command.duration))),
        (
            "price",
            format!(
                "{} to {} FLOCK",
                decimal(terms.curve.spot(U256::ZERO)?, PRICE),
                decimal(terms.curve.closing_price()?, PRICE)
            ),
        ),
        (
            "trading fee",
            format!("{} bps, of which {} are yours", terms.trading.total().get(), terms.trading.issuer().get()),
        ),
        ("trades on", format!("{} ({})", command.venue, terms.adapter)),
        ("begins", command.start.map_or("at once".to_owned(), |start| At(start).to_string())),
        ("early buys are taxed", if command.surcharge { "yes, from 99 %" } else { "no" }.to_owned()),
    ];
    if let Some(buy) = &bundled {
        quote.push(("your first buy", format!("{} FLOCK for {} MT, which vest", text(buy.flock_in), text(buy.mt))));
    }
    quote.push(("takes in all", format!("{} FLOCK", text(takes))));
    if !wallet.confirm("Launch a model", &quote)? {
        return Ok(false);
    }
    wallet.allow(flock, launchpad, takes, "FLOCK").await?;
    let call = ILaunchpad::createLaunchCall {
        modelTypeId: command.model_type,
        modelId: command.model_id,
        venue,
        name: command.name.clone(),
        symbol: command.symbol.clone(),
        metadataUri: command.metadata.clone(),
        saleStart: command.start.unwrap_or_default(),
        duration: command.duration,
        surcharge: command.surcharge,
        bundledOffer: bundle.unwrap_or_default(),
        bundledMinOut: bundled.map(|buy| buy.mt).unwrap_or_default(),
        maxLaunchFee: terms.fee,
        deadline: wallet.deadline().await?,
    };
    let receipt = wallet.send("Launched", launchpad, call).await?;
    let event = receipt.decoded_log::<ILaunchpad::LaunchCreated>().context("The launchpad does not say what.")?;
    println!("Its token is {}; the sale goes from {} to {}.", event.token, At(event.saleStart), At(event.saleEnd));
    Ok(true)
}

/// What a buy of this would be, whichever way round.
struct Quote {
    flock_in: U256,
    net_used: U256,
    mt: U256,
    tax: u16,
}

async fn buy(command: &Buy) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, flock, token) = (wallet.at("launchpad")?, wallet.at("flock")?, command.token);
    let card = card(&wallet, token).await?;
    let exact = command.amount.symbol.as_deref().is_some_and(|symbol| !symbol.eq_ignore_ascii_case("FLOCK"));
    let (amount, quoted) = if exact {
        let mt = command.amount.of("MT", None)?;
        let quote = wallet.view(launchpad, ILaunchpad::quoteBuyExactCall { token, mt }).await?;
        let ILaunchpad::quoteBuyExactReturn { flockIn, netUsed, mtAllocated, taxBps, .. } = quote;
        (mt, Quote { flock_in: flockIn, net_used: netUsed, mt: mtAllocated, tax: taxBps })
    } else {
        let offered = command.amount.of("FLOCK", Some(wallet.balance(flock).await?))?;
        let quote = wallet.view(launchpad, ILaunchpad::quoteBuyCall { token, offered }).await?;
        let ILaunchpad::quoteBuyReturn { flockIn, netUsed, mt, taxBps, .. } = quote;
        (offered, Quote { flock_in: flockIn, net_used: netUsed, mt, tax: taxBps })
    };
    let slip = U256::from(command.slippage);
    let all = U256::from(10_000_u16);
    let least = math::mul_div(quoted.mt, all.saturating_sub(slip), all)?;
    let most = math::mul_div_up(quoted.flock_in, all.saturating_add(slip), all)?;
    // The minimum is of the whole offer; the launchpad takes its part where the buy is cut at the target.
    let min_out =
        math::mul_div(least, if exact { U256::ONE } else { amount }, if exact { U256::ONE } else { quoted.flock_in })?;
    // A buy that is cut at the target takes what is quoted, or less where others buy before: no need to let it take the whole offer.
    let is_cut = quoted.flock_in < amount.saturating_sub(amount / U256::from(1_000));
    let takes = if exact {
        most
    } else if is_cut {
        quoted.flock_in
    } else {
        amount
    };
    wallet.has(flock, if exact { most } else { quoted.flock_in }, "FLOCK").await?;
    let quote = [
        ("pay", format!("{} FLOCK", text(quoted.flock_in))),
        ("of it fees", format!("{} FLOCK ({} bps)", text(quoted.flock_in.saturating_sub(quoted.net_used)), quoted.tax)),
        ("get", format!("{} MT, to claim once the launch has graduated", text(quoted.mt))),
        ("price", format!("{} FLOCK each, fees included", decimal(price(quoted.flock_in, quoted.mt), PRICE))),
        ("price on the curve before", format!("{} FLOCK", decimal(card.price, PRICE))),
        ("at worst", if exact { format!("pay {} FLOCK", text(most)) } else { format!("get {} MT", text(least)) }),
        ("if the launch fails", "everything comes back".to_owned()),
    ];
    if !wallet.confirm(&format!("Buy in the launch of {token}"), &quote)? {
        return Ok(false);
    }
    wallet.allow(flock, launchpad, takes, "FLOCK").await?;
    let deadline = wallet.deadline().await?;
    let receipt = if exact {
        let call = ILaunchpad::buyExactCall { token, mt: amount, maxIn: most, deadline };
        wallet.send("Bought", launchpad, call).await?
    } else {
        let call = ILaunchpad::buyCall { token, offered: amount, minOut: min_out, deadline };
        wallet.send("Bought", launchpad, call).await?
    };
    let event = receipt.decoded_log::<ILaunchpad::Purchased>().context("The launchpad does not say what.")?;
    println!("{} FLOCK for {} MT.", text(event.flockIn), text(event.mtAllocated));
    Ok(true)
}

/// FLOCK of an MT, in 10⁻¹⁸; zero where there is none.
fn price(flock: U256, mt: U256) -> U256 {
    math::mul_div(flock, fomo_common::units::WAD, mt).unwrap_or_default()
}

async fn graduate(command: &Of) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, token) = (wallet.at("launchpad")?, command.token);
    let call = ILaunchpad::graduateCall { token };
    wallet.client.simulate(launchpad, call.clone(), U256::ZERO).await?;
    let preview = wallet.view(wallet.at("lens")?, ILens::previewGraduationCall { launchpad, token }).await?;
    let quote = [
        (
            "into the pool, for ever",
            format!("{} FLOCK and {} MT", text(preview.flockLiquidity), text(preview.mtLiquidity)),
        ),
        ("opens at", format!("{} FLOCK", decimal(preview.price, PRICE))),
        ("reserved for rewards", format!("{} FLOCK", text(preview.flockReserved))),
        ("vests to the issuer", format!("{} MT", text(preview.issuerVesting))),
        ("vests to the platform", format!("{} MT", text(preview.platformVesting))),
        ("burned", format!("{} MT", text(preview.mtBurned))),
    ];
    if !wallet.confirm(&format!("Graduate {token}"), &quote)? {
        return Ok(false);
    }
    let receipt = wallet.send("Graduated", launchpad, call).await?;
    let event = receipt.decoded_log::<ILaunchpad::Graduated>().context("The launchpad does not say how.")?;
    println!("{} trades at {}.", wallet.view(token, IFomoERC20::symbolCall {}).await?, event.pool);
    Ok(true)
}

async fn redeem(command: &Of) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, token, buyer) = (wallet.at("launchpad")?, command.token, wallet.client.sender()?);
    let now = wallet.view(launchpad, ILaunchpad::stateCall { token }).await?;
    if now != FAILED {
        bail!("The launch of {token} has not failed; it is {}.", state(now));
    }
    let position = wallet.view(launchpad, ILaunchpad::positionCall { token, buyer }).await?;
    ensure!(!position.flockIn.is_zero(), "{buyer} has nothing to take back from it.");
    let quote = [("comes back", format!("{} FLOCK: all that you paid, fees included", text(position.flockIn)))];
    if !wallet.confirm(&format!("Take FLOCK back from the launch of {token}"), &quote)? {
        return Ok(false);
    }
    wallet.send("Refunded", launchpad, ILaunchpad::refundCall { token }).await?;
    Ok(true)
}

async fn claim(command: &Of) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, token, buyer) = (wallet.at("launchpad")?, command.token, wallet.client.sender()?);
    let now = wallet.view(launchpad, ILaunchpad::stateCall { token }).await?;
    if now != GRADUATED {
        bail!("The launch of {token} has not graduated; it is {}.", state(now));
    }
    let position = wallet.view(launchpad, ILaunchpad::positionCall { token, buyer }).await?;
    ensure!(!position.mt.is_zero(), "{buyer} has nothing to claim of it.");
    let quote = [("claim", format!("{} {}", text(position.mt), symbol(&wallet, token).await?))];
    if !wallet.confirm(&format!("Claim what you bought in the launch of {token}"), &quote)? {
        return Ok(false);
    }
    wallet.send("Claimed", launchpad, ILaunchpad::claimCall { token }).await?;
    Ok(true)
}

async fn fees(command: &List) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (launchpad, account) = (wallet.at("launchpad")?, wallet.client.sender()?);
    let owed = wallet.view(launchpad, ILaunchpad::feesOwedCall { account }).await?;
    ensure!(!owed.is_zero(), "{account} is owed no fees; those of a launch are released when it graduates.");
    if !wallet.confirm("Take the issuer's fees", &[("fees", format!("{} FLOCK", text(owed)))])? {
        return Ok(false);
    }
    wallet.send("Withdrawn", launchpad, ILaunchpad::withdrawFeesCall {}).await?;
    Ok(true)
}
