//! `cargo fomo simulate`: the daily rewards of a grown network, natively through the contracts' core, and what they would cost on chain.
//!
//! Every user has a model, most a popular one; some stake, some lock. Each day some of them use it, and what they spent is scored and
//! shared out exactly as the distributor does it. The invariants of a day (`protocol.md` §10, 5 and 6) are checked for every pool.

use std::thread;

use alloy::primitives::U256;
use anyhow::{Context, Result, bail, ensure};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use fomo_common::emission::{Phase, Shape, Tranche, global_part};
use fomo_common::score::{Activity, DEFAULT_ALPHA_END, DEFAULT_ALPHA_START, Payouts, Scores, alpha, scores};
use fomo_common::{Bps, Epoch, Wad, lock};

use crate::ui::number;

/// Gas of a user and day, of what a batch of 200 adds, and of a model and day: `tests/gas.toml` and `docs/rewards.md`.
const GAS_ROW: u64 = 11_566;
const GAS_BATCH: u64 = 212_000;
const GAS_MODEL: u64 = 80_000;
/// Rows of a batch.
const BATCH: u64 = 200;
/// Gas prices that costs are given at, in thousandths of a gwei, and dollars for an ether.
const PRICES: [u64; 3] = [10, 20, 100];
const ETHER: f64 = 3_000.0;

/// What `cargo fomo simulate` is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Options {
    /// Users
    #[arg(long, default_value_t = 1_000_000)]
    pub users: u64,
    /// Models
    #[arg(long, default_value_t = 100)]
    pub models: u64,
    /// Days
    #[arg(long, default_value_t = 180)]
    pub days: u64,
    /// Of 100 users, how many use their model on a day
    #[arg(long, default_value_t = 30)]
    pub active: u64,
}

/// Numbers that look random and are the same every time (SplitMix64).
const fn random(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// So many whole tokens.
fn tokens(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10_u64.pow(18))
}

/// A user of a model.
#[derive(Debug, Clone, Copy)]
struct User {
    seed: u64,
    stake: U256,
    multiplier: Wad,
}

/// A model: its users, all stake, its MT Reward.
#[derive(Debug)]
struct Model {
    users: Vec<User>,
    stake: U256,
    stream: Tranche,
    left: U256,
    days: u32,
}

/// What a day of a model came to.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    rows: u64,
    spend: u64,
    sum: Scores,
}

/// What all of it came to.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    rows: u64,
    batches: u64,
    flock: U256,
    mt: U256,
    dust: U256,
    pools: u64,
    most: U256,
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.batches += other.batches;
        self.flock += other.flock;
        self.mt += other.mt;
        self.dust += other.dust;
        self.pools += other.pools;
        self.most = self.most.max(other.most);
    }
}

impl User {
    /// A third of the users stake, a tenth lock.
    fn new(seed: u64) -> Result<Self> {
        let (a, b) = (random(seed ^ 0xA11C_E000), random(seed ^ 0xB0B0_0000));
        let stake = if a.is_multiple_of(3) { U256::from(86_400) * tokens(1 + a % 97) } else { U256::ZERO };
        let effective = if b.is_multiple_of(10) { tokens(1 + b % 20_011) } else { U256::ZERO };
        Ok(Self { seed, stake, multiplier: lock::multiplier(effective, Wad::ONE, tokens(10_000))? })
    }

    /// Micro-USD of a day: most spend cents, a few much; nothing where the user does not come.
    fn spend(&self, day: u64, active: u64) -> Option<u64> {
        let roll = random(self.seed ^ random(day));
        (roll % 100 < active).then(|| {
            let scale = 10_u64.pow(3 + (roll >> 32) as u32 % 5);
            1 + (roll >> 8) % scale
        })
    }
}

impl Model {
    fn scored(&self, user: &User, spend: u64, alpha: Wad) -> Result<Scores> {
        let activity = Activity { spend, stake: user.stake, multiplier: user.multiplier };
        Ok(scores(&activity, self.stake, alpha)?)
    }

    fn add_up(&self, day: u64, active: u64, alpha: Wad) -> Result<Day> {
        let mut sum = Day::default();
        for user in &self.users {
            let Some(spend) = user.spend(day, active) else { continue };
            let both = self.scored(user, spend, alpha)?;
            sum.rows += 1;
            sum.spend += spend;
            sum.sum.global += both.global;
            sum.sum.incentive += both.incentive;
        }
        Ok(sum)
    }

    fn share(&mut self, day: u64, active: u64, alpha: Wad, sum: &Day, pool: U256) -> Result<Totals> {
        let mt = if sum.sum.incentive.is_zero() { U256::ZERO } else { self.stream.pool(self.days, self.left)? };
        self.left -= mt;
        self.days += 1;
        let mut flock = Payouts::new(pool, sum.sum.global);
        let mut reward = Payouts::new(mt, sum.sum.incentive);
        for user in &self.users {
            let Some(spend) = user.spend(day, active) else { continue };
            let both = self.scored(user, spend, alpha)?;
            flock.pay(both.global)?;
            if !both.incentive.is_zero() {
                reward.pay(both.incentive)?;
            } else if !user.stake.is_zero() && spend > 1_000_000 {
                bail!("A staker who spent more than a dollar has no incentive score.");
            }
        }
        let dust = flock.pool_left.max(reward.pool_left);
        ensure!(dust < U256::from(sum.rows.max(1)), "More than a wei a row is left: {dust} of {} rows.", sum.rows);
        Ok(Totals {
            rows: sum.rows,
            batches: sum.rows.div_ceil(BATCH),
            flock: pool - flock.pool_left,
            mt: mt - reward.pool_left,
            dust: flock.pool_left + reward.pool_left,
            pools: 2,
            most: dust,
        })
    }
}

/// Users by model: the k-th model has a part of 1/k.
fn models(options: &Options) -> Result<Vec<Model>> {
    let weight = |model: u64| 1_000_000 / (model + 1);
    let all: u64 = (0..options.models).map(weight).sum();
    let mut users = 0..options.users;
    let mut models = Vec::new();
    for model in 0..options.models {
        let count = if model + 1 == options.models { options.users } else { options.users * weight(model) / all };
        let users: Vec<User> = users.by_ref().take(usize::try_from(count)?).map(User::new).collect::<Result<_>>()?;
        let stake = users.iter().map(|user| user.stake).sum();
        let stream = Tranche::new(tokens(200_000), 180, Shape::Declining)?;
        models.push(Model { users, stake, stream, left: stream.funded, days: 0 });
    }
    Ok(models)
}

/// Does something with every model, on as many threads as there are cores.
fn each<T: Send>(models: &mut [Model], work: impl Fn(usize, &mut Model) -> Result<T> + Sync) -> Result<Vec<T>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut shares: Vec<Vec<(usize, &mut Model)>> = (0..threads).map(|_| Vec::new()).collect();
    for (index, model) in models.iter_mut().enumerate() {
        // The first models are the largest: the least loaded thread takes the next.
        let load = |share: &Vec<(usize, &mut Model)>| share.iter().map(|(_, model)| model.users.len()).sum::<usize>();
        shares.iter_mut().min_by_key(|share| load(share)).context("there is a thread")?.push((index, model));
    }
    let done = thread::scope(|scope| {
        let work = &work;
        let run = |share: Vec<(usize, &mut Model)>| {
            share.into_iter().map(|(index, model)| Ok((index, work(index, model)?))).collect::<Result<Vec<_>>>()
        };
        let handles: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || run(share))).collect();
        handles.into_iter().map(|handle| handle.join().map_err(|_| anyhow::anyhow!("A thread failed."))?).collect()
    });
    let done: Result<Vec<Vec<(usize, T)>>> = done;
    let mut done: Vec<_> = done?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, value)| value).collect())
}

/// Simulates and prints what came of it.
///
/// # Errors
/// Where a day breaks an invariant.
pub fn run(options: &Options) -> Result<()> {
    ensure!(options.models > 0 && options.users >= options.models && options.days > 1, "That is no network.");
    let mut models = models(options)?;
    let phase = Phase::new(Epoch::new(1)?, u32::try_from(options.days)?, tokens(50_000), Bps::new(500)?, 30)?;
    let mut uncommitted = phase.budget()?;
    let mut totals = Totals::default();
    for day in 0..options.days {
        let alpha = alpha(DEFAULT_ALPHA_START, DEFAULT_ALPHA_END, day, options.days)?;
        let sums = each(&mut models, |_, model| model.add_up(day, options.active, alpha))?;
        let spend: u64 = sums.iter().map(|sum| sum.spend).sum();
        let pool = phase.pool(Epoch::new(1 + day)?, uncommitted)?;
        let part = |sum: &Day| if sum.spend == 0 { Ok(U256::ZERO) } else { global_part(pool, sum.spend, spend) };
        let parts = sums.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        let committed: U256 = parts.iter().copied().sum();
        ensure!(committed <= pool, "A day pays more than its pool.");
        uncommitted -= committed;
        let days = each(&mut models, |index, model| {
            let (sum, part) = (sums.get(index).context("a sum")?, parts.get(index).context("a part")?);
            model.share(day, options.active, alpha, sum, *part)
        })?;
        days.iter().for_each(|of_model| totals.add(of_model));
    }
    print(options, &totals, uncommitted);
    Ok(())
}

/// Whole tokens.
fn whole(amount: U256) -> String {
    number((amount / tokens(1)).saturating_to())
}

#[allow(clippy::cast_precision_loss, reason = "dollars, to be read by people")]
fn print(options: &Options, totals: &Totals, uncommitted: U256) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(["what", ""]);
    let rows = totals.rows / options.days;
    let gas = rows * GAS_ROW + totals.batches / options.days * GAS_BATCH + options.models * GAS_MODEL;
    let mut add = |what: &str, value: String| {
        table.add_row([what.to_owned(), value]);
    };
    add("users, models, days", format!("{}, {}, {}", number(options.users), options.models, options.days));
    add("rows, all days", number(totals.rows));
    add("FLOCK paid", whole(totals.flock));
    add("FLOCK back in the phase", whole(uncommitted));
    add("MT paid", whole(totals.mt));
    add("pools shared out", number(totals.pools));
    add("left in them in all, wei", totals.dust.to_string());
    add("most in one, wei", totals.most.to_string());
    add("rows a day", number(rows));
    add("batches a day", number(totals.batches / options.days));
    add("gas a day", number(gas));
    add("blocks of 32 million gas a day", number(gas.div_ceil(32_000_000)));
    for price in PRICES {
        let ether = gas as f64 * price as f64 * 1e-12;
        let dollars = ether * ETHER;
        let each = dollars / rows as f64 * 100.0;
        let gwei = price as f64 / 1_000.0;
        add(
            &format!("a day at {gwei} gwei and $3,000"),
            format!("{ether:.2} ETH, ${dollars:.0}; {each:.3} cents a row"),
        );
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_small_network_keeps_the_invariants() {
        super::run(&super::Options { users: 2_000, models: 7, days: 20, active: 50 }).unwrap();
    }
}
