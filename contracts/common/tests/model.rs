//! This crate against the independent model in `tests/model/`: every vector, to the last bit.
//!
//! The model was written in exact rationals from the specification and not from this crate, so that the two agree only if both read it
//! alike. `null` in a vector is an input that must be refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use fomo_common::curve::{Curve, Purchase, Reserves, TradingFee};
use fomo_common::emission::{Phase, Shape, Tranche, global_part};
use fomo_common::lock::{self, Lock};
use fomo_common::score::{self, Activity, Payouts};
use fomo_common::stake::{self, Checkpoint};
use fomo_common::vesting::Vesting;
use fomo_common::waterfall::{self, Shares};
use fomo_common::{Bps, Epoch, Error, Seconds, Timestamp, U256, Wad, math};
use serde_json::{Value, json};

type Outcome = Result<Value, Error>;

/// The inputs of a vector.
struct In<'a>(&'a Value);

impl In<'_> {
    fn u(&self, name: &str) -> U256 {
        number(&self.0[name])
    }

    fn u64(&self, name: &str) -> u64 {
        self.u(name).to()
    }

    fn u32(&self, name: &str) -> u32 {
        self.u(name).to()
    }

    fn wad(&self, name: &str) -> Result<Wad, Error> {
        Wad::try_from(self.u(name))
    }

    fn bps(&self, name: &str) -> Result<Bps, Error> {
        bps(self.u(name))
    }

    fn time(&self, name: &str) -> Timestamp {
        Timestamp(self.u64(name))
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name].as_bool().unwrap()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.0[name].as_array().unwrap()
    }

    fn curve(&self) -> Result<Curve, Error> {
        Curve::new(self.u("max_target"), self.bps("phi")?)
    }

    fn fee(&self) -> Result<TradingFee, Error> {
        TradingFee::new(self.bps("protocol_bps")?, self.bps("issuer_bps")?)
    }

    fn reserves(&self) -> Reserves {
        Reserves { mt: self.u("x"), flock: self.u("y") }
    }

    fn lock(&self, prefix: &str) -> Lock {
        let name = |field: &str| format!("{prefix}{field}");
        Lock { amount: self.u(&name("amount")), gm: self.u(&name("gm")), unlock: self.time(&name("unlock")) }
    }

    fn tranche(&self) -> Result<Tranche, Error> {
        let shape = if self.flag("declining") { Shape::Declining } else { Shape::Level };
        Tranche::new(self.u("funded"), self.u("days").to(), shape)
    }

    fn phase(&self) -> Result<Phase, Error> {
        let start = Epoch::new(self.u64("start"))?;
        Phase::new(start, self.u32("days"), self.u("daily"), self.bps("decay_bps")?, self.u32("every"))
    }
}

fn number(value: &Value) -> U256 {
    value.as_str().expect("numbers are strings").parse().expect("they are decimal")
}

fn bps(value: U256) -> Result<Bps, Error> {
    Bps::new(u16::try_from(value).map_err(|_| Error::BpsOverOne)?)
}

fn text(value: impl ToString) -> Value {
    Value::String(value.to_string())
}

fn record<const N: usize>(fields: [(&str, U256); N]) -> Value {
    fields.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

fn purchase(buy: &Purchase) -> Value {
    record([
        ("taken", buy.flock_in),
        ("net", buy.net_used),
        ("protocol_fee", buy.protocol_fee),
        ("issuer_fee", buy.issuer_fee),
        ("surcharge", buy.surcharge),
        ("mt", buy.mt),
        ("x_after", buy.reserves.mt),
        ("y_after", buy.reserves.flock),
    ])
}

fn math_case(function: &str, input: &In<'_>) -> Outcome {
    if function == "isqrt" {
        return Ok(record([("root", math::isqrt(input.u("n")))]));
    }
    let (a, b, d) = (input.u("a"), input.u("b"), input.u("d"));
    if d.is_zero() {
        assert_eq!(math::mul_div_up(a, b, d), Err(Error::DivisionByZero));
        return math::mul_div(a, b, d).map(text);
    }
    let field = |result: Result<U256, Error>| result.map_or(Value::Null, text);
    Ok(json!({ "floor": field(math::mul_div(a, b, d)), "ceil": field(math::mul_div_up(a, b, d)) }))
}

fn walk(input: &In<'_>) -> Outcome {
    let (curve, fee) = (input.curve()?, input.fee()?);
    let mut reserves = curve.opening();
    let mut steps = Vec::new();
    for offer in input.list("offers") {
        let offer = In(offer);
        match curve.buy(&reserves, offer.u("offered"), &fee, offer.bps("tax_bps")?) {
            Ok(buy) => {
                reserves = buy.reserves;
                steps.push(record([("taken", buy.flock_in), ("net", buy.net_used), ("mt", buy.mt)]));
            }
            Err(_) => steps.push(Value::Null),
        }
    }
    Ok(json!({ "steps": steps, "x": text(reserves.mt), "y": text(reserves.flock) }))
}

fn minimum(input: &In<'_>) -> Outcome {
    let reserves = Reserves { mt: U256::ZERO, flock: U256::ZERO };
    let zero = U256::ZERO;
    let (flock_in, mt) = (input.u("taken"), input.u("mt"));
    let buy =
        Purchase { flock_in, net_used: zero, mt, protocol_fee: zero, issuer_fee: zero, surcharge: zero, reserves };
    Ok(json!({ "ok": buy.check_minimum(input.u("offered"), input.u("min_out")).is_ok() }))
}

fn graduation(input: &In<'_>) -> Outcome {
    let end = input.curve()?.graduation(&input.reserves())?;
    Ok(record([
        ("raised", end.flock_liquidity + end.flock_reserved),
        ("sold", end.mt_sold),
        ("liquidity_flock", end.flock_liquidity),
        ("liquidity_mt", end.mt_liquidity),
        ("reserved_flock", end.flock_reserved),
        ("issuer_mt", end.mt_issuer),
        ("platform_mt", end.mt_platform),
        ("incentive_mt", end.mt_incentive),
        ("burned_mt", end.mt_burned),
    ]))
}

fn curve_case(function: &str, input: &In<'_>) -> Outcome {
    match function {
        "curve" => input.curve().map(|curve| record([("x0", curve.opening().mt), ("y0", curve.opening().flock)])),
        "buy" => {
            let (curve, fee) = (input.curve()?, input.fee()?);
            curve.buy(&input.reserves(), input.u("offered"), &fee, input.bps("tax_bps")?).map(|buy| purchase(&buy))
        }
        "buy_exact" => {
            let (curve, fee) = (input.curve()?, input.fee()?);
            curve.buy_exact(&input.reserves(), input.u("mt"), &fee, input.bps("tax_bps")?).map(|buy| purchase(&buy))
        }
        "sold_at" => Ok(record([("mt", input.curve()?.sold_at(input.u("raised"))?)])),
        "spot" => Ok(record([("price_wad", input.curve()?.spot(input.u("raised"))?)])),
        "graduation" => graduation(input),
        "minimum" => minimum(input),
        "sniper_tax" => Ok(record([("tax_bps", input.fee()?.sniper_tax(Seconds(input.u64("seconds"))).raw())])),
        "walk" => walk(input),
        other => panic!("no function {other}"),
    }
}

fn lock_case(function: &str, input: &In<'_>) -> Outcome {
    let epsilon = || input.wad("epsilon_wad");
    match function {
        // The least period is that of a new lock; an old one near its end may be extended by less.
        "preview" => {
            let opened = Lock::open(input.u("amount"), Timestamp(0), Seconds(input.u64("period")), epsilon()?)?;
            Ok(record([("gm", opened.gm)]))
        }
        "extend" => {
            let extended = input.lock("").extend(input.time("now"), input.time("new_unlock"), epsilon()?)?;
            Ok(record([("gm", extended.gm)]))
        }
        "increase" => {
            let increased = input.lock("").increase(input.time("now"), input.u("added"), epsilon()?)?;
            Ok(record([("amount", increased.amount), ("gm", increased.gm)]))
        }
        "merge" => {
            let (a, b, now) = (input.lock("a_"), input.lock("b_"), input.time("now"));
            let merged = a.merge(&b, now, epsilon()?)?;
            assert_eq!(Ok(merged), b.merge(&a, now, epsilon()?), "the order does not matter");
            let unlock = U256::from(merged.unlock.0);
            Ok(record([("amount", merged.amount), ("gm", merged.gm), ("unlock", unlock)]))
        }
        "effective" => {
            let lock =
                |lock: &Value| Lock { amount: U256::ZERO, gm: In(lock).u("gm"), unlock: In(lock).time("unlock") };
            let locks: Vec<Lock> = input.list("locks").iter().map(lock).collect();
            Ok(record([("e", lock::effective_balance(&locks, input.time("at"))?)]))
        }
        "multiplier" => {
            let m = lock::multiplier(input.u("e"), input.wad("lambda_wad")?, input.u("half"))?;
            Ok(record([("m_wad", m.raw())]))
        }
        other => panic!("no function {other}"),
    }
}

/// The history as the registry keeps it: one checkpoint for each second with changes.
fn stake_case(input: &In<'_>) -> Outcome {
    let mut history: Vec<Checkpoint> = Vec::new();
    for change in input.list("history").iter().map(In) {
        let (at, stake) = (change.time("time"), change.u("stake"));
        let next = match history.last() {
            Some(last) => last.changed(at, stake)?,
            None => Checkpoint { at, stake, accrued: U256::ZERO },
        };
        if history.last().is_some_and(|last| last.at == at) {
            history.pop();
        }
        history.push(next);
    }
    let seconds = stake::stake_seconds_in(&history, Epoch::new(input.u64("epoch"))?)?;
    Ok(record([("stake_seconds", seconds), ("average", stake::average(seconds)?)]))
}

fn waterfall_case(function: &str, input: &In<'_>) -> Outcome {
    match function {
        "split" => {
            let shares: Vec<Bps> =
                input.list("shares").iter().map(|share| bps(number(share))).collect::<Result<_, _>>()?;
            let shares = Shares::new(shares[0], shares[1], shares[2], shares[3])?;
            let buckets = waterfall::split(input.u("gross"), input.u("compute"), input.bps("limit_bps")?, &shares)?;
            Ok(record([
                ("compute", buckets.compute),
                ("flock", buckets.flock_buyback),
                ("treasury", buckets.treasury),
                ("mt", buckets.mt_buyback),
                ("issuer", buckets.issuer),
            ]))
        }
        "cap" => {
            let [bucket, configured, reserve] = ["bucket", "configured", "thinnest_reserve"].map(|name| input.u(name));
            Ok(record([("amount", waterfall::buyback_amount(bucket, configured, reserve)?)]))
        }
        "min_out" => {
            let fees: Vec<Bps> =
                input.list("pool_fees_bps").iter().map(|fee| bps(number(fee))).collect::<Result<_, _>>()?;
            Ok(record([("min_out", waterfall::min_out(input.u("out"), &fees)?)]))
        }
        other => panic!("no function {other}"),
    }
}

fn scores(input: &In<'_>) -> Outcome {
    let (stake, total) = (input.u("stake"), input.u("total_stake"));
    let (root, linear) = (score::root_share(stake, total)?, score::share(stake, total)?);
    let alpha = input.wad("alpha")?;
    let multiplier = lock::multiplier(input.u("effective"), input.wad("lambda_wad")?, input.u("half"))?;
    let scores = score::scores(&Activity { spend: input.u64("spend"), stake, multiplier }, total, alpha)?;
    Ok(record([
        ("r", root.raw()),
        ("q", linear.raw()),
        ("f", score::staking_factor(alpha, root)?.raw()),
        ("m", multiplier.raw()),
        ("g", scores.global),
        ("h", scores.incentive),
    ]))
}

fn score_case(function: &str, input: &In<'_>) -> Outcome {
    match function {
        "alpha" => {
            let alpha = score::alpha(input.wad("start")?, input.wad("end")?, input.u64("index"), input.u64("length"))?;
            Ok(record([("alpha", alpha.raw())]))
        }
        "scores" => scores(input),
        "payouts" => {
            let scores: Vec<U256> = input.list("scores").iter().map(number).collect();
            let total = scores.iter().copied().try_fold(U256::ZERO, math::add)?;
            // Nobody to pay is no total to divide by, too.
            score::payout(input.u("pool"), U256::ZERO, total)?;
            let mut payouts = Payouts::new(input.u("pool"), total);
            let paid = scores.into_iter().map(|score| payouts.pay(score)).collect::<Result<Vec<_>, _>>()?;
            let sum = paid.iter().copied().try_fold(U256::ZERO, math::add)?;
            let paid: Vec<Value> = paid.into_iter().map(text).collect();
            Ok(json!({ "payouts": paid, "remainder": text(math::sub(input.u("pool"), sum)?) }))
        }
        other => panic!("no function {other}"),
    }
}

fn tranche_run(input: &In<'_>) -> Outcome {
    let tranche = input.tranche()?;
    let (mut left, mut pools) = (tranche.funded, Vec::new());
    for (day, paid) in (0_u32..).zip(input.list("paid")) {
        let pool = tranche.pool(day, left)?;
        pools.push(text(pool));
        if paid.as_bool().unwrap() {
            left = math::sub(left, pool)?;
        }
    }
    Ok(json!({ "pools": pools, "left": text(left) }))
}

fn emission_case(function: &str, input: &In<'_>) -> Outcome {
    match function {
        "phase" => Ok(record([("scheduled", input.phase()?.scheduled(Epoch::new(input.u64("epoch"))?)?)])),
        "phase_pool" => {
            let pool = input.phase()?.pool(Epoch::new(input.u64("epoch"))?, input.u("uncommitted"))?;
            Ok(record([("pool", pool)]))
        }
        "global_part" => {
            let amount = global_part(input.u("pool"), input.u64("spend"), input.u64("total_spend"))?;
            Ok(record([("amount", amount)]))
        }
        "scheduled" => Ok(record([("scheduled", input.tranche()?.scheduled(input.u32("day"))?)])),
        "tranche_pool" => Ok(record([("pool", input.tranche()?.pool(input.u32("day"), input.u("remaining"))?)])),
        "tranche_run" => tranche_run(input),
        other => panic!("no function {other}"),
    }
}

fn vesting_case(input: &In<'_>) -> Outcome {
    let seconds = |name| Seconds(input.u64(name));
    let vesting = Vesting::new(input.u("total"), input.time("start"), seconds("cliff"), seconds("length"))?;
    Ok(record([("vested", vesting.vested(input.time("now"))?)]))
}

/// Runs a file's vectors; at least as many as there were when this was written.
fn compare(file: &str, least: usize, run: impl Fn(&str, &In<'_>) -> Outcome) {
    let path = format!("{}/../../tests/model/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= least, "{} cases", cases.len());
    let mut differences = Vec::new();
    for case in cases {
        let (function, expected) = (case["f"].as_str().unwrap(), &case["out"]);
        let outcome = run(function, &In(&case["in"]));
        let same = match &outcome {
            Ok(value) => value == expected,
            Err(_) => expected.is_null(),
        };
        if !same {
            differences.push(format!("{case}\n  this crate: {outcome:?}"));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        cases.len(),
        differences[..differences.len().min(10)].join("\n")
    );
}

#[test]
fn math_agrees_with_the_model() {
    compare("math", 523, math_case);
}

#[test]
fn the_curve_agrees_with_the_model() {
    compare("curve", 1_191, curve_case);
}

#[test]
fn locks_agree_with_the_model() {
    compare("lock", 884, lock_case);
}

#[test]
fn stakes_agree_with_the_model() {
    compare("stake", 154, |_, input| stake_case(input));
}

#[test]
fn the_waterfall_agrees_with_the_model() {
    compare("waterfall", 554, waterfall_case);
}

#[test]
fn scores_and_payouts_agree_with_the_model() {
    compare("score", 530, score_case);
}

#[test]
fn emissions_agree_with_the_model() {
    compare("emission", 1_081, emission_case);
}

#[test]
fn vesting_agrees_with_the_model() {
    compare("vesting", 228, |_, input| vesting_case(input));
}
