"""The economics of the FOMO protocol, written from the specification alone.

Each function computes the exact rational first and rounds it at the one place where the specification rounds. Nothing
here is fast, and nothing is shared with the implementation it is compared with. Amounts are in wei (1e-18 of a token),
bps are 1/10,000, wad integers have 1e18 for one, times are in seconds.

A function raises `Refused` for an input that has to be refused, and `Open` for one about which the specification says
nothing: such an input never becomes a test vector.
"""

import math
from fractions import Fraction
from math import ceil, floor

WAD = 10**18
BPS = 10_000
DAY = 86_400
YEAR = 365 * DAY
WORD = 2**256

SUPPLY = 1_000_000 * WAD  # of a model token (§2)
SALE = 400_000 * WAD  # S: 40 %
LIQUIDITY = 200_000 * WAD  # L: 20 %
INCENTIVE = 200_000 * WAD  # 20 %
ISSUER = 100_000 * WAD  # 10 %
PLATFORM = 100_000 * WAD  # 10 %

LEAST_TARGET = 1_000 * WAD  # §3: the minimum target is at least 1,000 FLOCK, and the maximum is no less
MAX_FEE_BPS = 500
MAX_TAX_BPS = 9_900


class Refused(Exception):
    """The specification refuses this input."""


class Open(Exception):
    """The specification does not say whether this input is accepted, or what it gives."""


def refuse(condition, why):
    if condition:
        raise Refused(why)


def leave_open(condition, why):
    if condition:
        raise Open(why)


# Mathematics ---------------------------------------------------------------------------------------------------------


def fits(number):
    """The number, or nothing when 256 bits do not hold it."""
    return number if number < WORD else None


def mul_div(a, b, d):
    """Preamble of the specification: products and quotients are full precision. a·b/d, down and up."""
    refuse(d == 0, "division by zero")
    exact = Fraction(a * b, d)
    return {"floor": fits(floor(exact)), "ceil": fits(ceil(exact))}


def isqrt(n):
    """§8: the integer square root, down."""
    return {"root": math.isqrt(n)}


# Launch (§3) ---------------------------------------------------------------------------------------------------------


def bps(rate):
    return Fraction(rate, BPS)


def curve(max_target, phi):
    """§3: x0 = φ·S²/(φ·S − L) and y0 = T_max·(x0 − S)/S, both up, y0 from the rounded x0."""
    refuse(phi <= BPS // 2, "the share paired has to be more than half: φ·S − L would not be positive")
    refuse(phi > BPS, "no more than the whole raise can be paired")
    leave_open(max_target < LEAST_TARGET, "who refuses a target that no launch can have")
    share = bps(phi)
    x0 = ceil(share * SALE**2 / (share * SALE - LIQUIDITY))
    y0 = ceil(Fraction(max_target * (x0 - SALE), SALE))
    refuse(x0 * (y0 + max_target) >= WORD, "the curve does not fit 256 bits")
    return {"x0": x0, "y0": y0}


def opening(max_target, phi):
    """The reserves before the first buy."""
    reserves = curve(max_target, phi)
    return reserves["x0"], reserves["y0"]


def check_rates(protocol_bps, issuer_bps, tax_bps=MAX_TAX_BPS):
    """The bounds of §3 on the fee; a tax is never below the fee and never above 99 %."""
    total = protocol_bps + issuer_bps
    leave_open(total > MAX_FEE_BPS, "who refuses a fee above the bound")
    leave_open(not total <= tax_bps <= MAX_TAX_BPS, "a tax that no launch can have")


def tax_of(taken, tax_bps):
    """§3: fees are rounded up; the base is all FLOCK taken, for only so can a tax be 99 %."""
    return ceil(taken * bps(tax_bps))


def fill(room, tax_bps):
    """The least FLOCK whose net is at least the room: room/(1 − tax), up."""
    return ceil(room / (1 - bps(tax_bps)))


def taken_and_net(room, tax_bps, offered):
    """§3: a buy that reaches or crosses T_max is filled to T_max; any other is taken whole."""
    net = offered - tax_of(offered, tax_bps)
    if net >= room:
        return fill(room, tax_bps), room
    return offered, net


def bought(x, y, net):
    """§3: out = floor(x·in/(y + in)), so that k never falls."""
    return floor(Fraction(x * net, y + net))


def parts_of_tax(taken, net, protocol_bps, issuer_bps):
    """The tax up as one; within it the fee up, within that the protocol's part up; the rest is what is left."""
    fee = ceil(taken * bps(protocol_bps + issuer_bps))
    protocol = ceil(taken * bps(protocol_bps))
    return {"protocol_fee": protocol, "issuer_fee": fee - protocol, "surcharge": taken - net - fee}


def buy(max_target, phi, protocol_bps, issuer_bps, tax_bps, x, y, offered):
    """§3: an exact-in buy at the reserves x, y."""
    check_rates(protocol_bps, issuer_bps, tax_bps)
    _, y0 = opening(max_target, phi)
    room = max_target - (y - y0)
    refuse(room == 0, "the raise is complete")
    taken, net = taken_and_net(room, tax_bps, offered)
    mt = bought(x, y, net)
    # Only the buy that completes the raise may give nothing: otherwise the last wei could never be raised.
    refuse(mt == 0 and net < room, "nothing bought short of T_max")
    return {
        "taken": taken,
        "net": net,
        **parts_of_tax(taken, net, protocol_bps, issuer_bps),
        "mt": mt,
        "x_after": x - mt,
        "y_after": y + net,
    }


def buy_exact(max_target, phi, protocol_bps, issuer_bps, tax_bps, x, y, mt):
    """§3: the cheapest exact-in buy that gives at least this MT, found by bisection over exact-in buys: what a buy
    gives never falls when the offer grows. Past T_max it is refused, not capped."""
    leave_open(mt == 0, "an exact-out buy of nothing")

    def outcome(offered):
        return buy(max_target, phi, protocol_bps, issuer_bps, tax_bps, x, y, offered)

    def enough(offered):
        try:
            return outcome(offered)["mt"] >= mt
        except Refused:
            return False

    _, y0 = opening(max_target, phi)
    too_little, plenty = 0, fill(max_target - (y - y0), tax_bps)
    refuse(not enough(plenty), "beyond T_max")
    while plenty - too_little > 1:
        middle = (too_little + plenty) // 2
        too_little, plenty = (too_little, middle) if enough(middle) else (middle, plenty)
    return outcome(plenty)


def sold_at(max_target, phi, raised):
    """§3: sold(R) = x0·R/(y0 + R), down."""
    leave_open(raised > max_target, "a raise beyond T_max")
    x0, y0 = opening(max_target, phi)
    return {"mt": floor(Fraction(x0 * raised, y0 + raised))}


def spot(max_target, phi, raised):
    """§3: spot(R) = (y0 + R)²/k, as a wad, down."""
    leave_open(raised > max_target, "a raise beyond T_max")
    x0, y0 = opening(max_target, phi)
    return {"price_wad": floor(Fraction((y0 + raised) ** 2, x0 * y0) * WAD)}


def graduation(max_target, phi, x, y):
    """§3: φR FLOCK meets φR·x/y MT, never more than L; the issuer's and the platform's buckets scale by sold/S; what is
    left of the supply is burned. The MT are those of the FLOCK that is really paired, already rounded down, so that the
    DEX never opens below the curve's closing price."""
    x0, y0 = opening(max_target, phi)
    raised, sold = y - y0, x0 - x
    leave_open(2 * raised < max_target, "a raise below the least minimum target: it cannot graduate")
    liquidity_flock = floor(bps(phi) * raised)
    liquidity_mt = min(LIQUIDITY, floor(Fraction(liquidity_flock * x, y)))
    issuer_mt = floor(Fraction(ISSUER * sold, SALE))
    platform_mt = floor(Fraction(PLATFORM * sold, SALE))
    return {
        "raised": raised,
        "sold": sold,
        "liquidity_flock": liquidity_flock,
        "liquidity_mt": liquidity_mt,
        "reserved_flock": raised - liquidity_flock,
        "issuer_mt": issuer_mt,
        "platform_mt": platform_mt,
        "incentive_mt": INCENTIVE,
        "burned_mt": SUPPLY - sold - liquidity_mt - issuer_mt - platform_mt - INCENTIVE,
    }


def minimum(taken, offered, mt, min_out):
    """§3: the minimum out is pro-rated to what was taken: out·offered ≥ minOut·taken, without rounding."""
    leave_open(taken > offered, "a buy that takes more than was offered")
    return {"ok": mt * offered >= min_out * taken}


def sniper_tax(protocol_bps, issuer_bps, seconds):
    """§3: max(99 % − 1 pp per whole minute since the start, trading fee)."""
    check_rates(protocol_bps, issuer_bps)
    return {"tax_bps": max(MAX_TAX_BPS - 100 * (seconds // 60), protocol_bps + issuer_bps)}


def walk(max_target, phi, protocol_bps, issuer_bps, offers):
    """A sequence of buys from the opening; a refused one changes nothing."""
    x, y = opening(max_target, phi)
    steps = []
    for offer in offers:
        try:
            step = buy(max_target, phi, protocol_bps, issuer_bps, offer["tax_bps"], x, y, offer["offered"])
        except Refused:
            steps.append(None)
            continue
        x, y = step["x_after"], step["y_after"]
        steps.append({name: step[name] for name in ("taken", "net", "mt")})
    return {"steps": steps, "x": x, "y": y}


# Vesting (§5) --------------------------------------------------------------------------------------------------------


def vested(total, start, cliff, length, now):
    """§5: linear from the start, released from the cliff on, down. The cliff is counted from the start."""
    leave_open(length == 0 or cliff > length, "a vesting without length, or with its cliff after its end")
    if now < start + cliff:
        return {"vested": 0}
    return {"vested": floor(total * min(Fraction(now - start, length), 1))}


# gmFLOCK (§6) --------------------------------------------------------------------------------------------------------


def preview(amount, period, epsilon_wad):
    """§6: n for t ≤ 30 days, n·(1 + ε·(t − 30)/365) beyond, down; t = seconds/86,400 with its fraction."""
    refuse(not DAY <= period <= YEAR, "a lock lasts 1 to 365 days")
    days_beyond = max(Fraction(period, DAY) - 30, 0)
    return {"gm": floor(amount * (1 + Fraction(epsilon_wad, WAD) * days_beyond / 365))}


def extended(amount, gm, remaining, longer, epsilon_wad):
    """§6: gm' = max(preview(n, r'), gm·r/r'), down."""
    return max(preview(amount, longer, epsilon_wad)["gm"], floor(Fraction(gm * remaining, longer)))


def remaining_of(unlock, now):
    """The time a lock has left; an expired one can only be withdrawn, and at its unlock it has expired."""
    refuse(unlock <= now, "the lock has expired")
    leave_open(unlock - now > YEAR, "a lock with more than a year to go cannot exist")
    return unlock - now


def extend(amount, gm, unlock, now, new_unlock, epsilon_wad):
    """§6: from r to r' > r remaining, at most 365 days."""
    remaining = remaining_of(unlock, now)
    longer = new_unlock - now
    refuse(longer <= remaining, "an extension has to be later")
    leave_open(longer < DAY, "preview of less than a day, for a lock that began long ago")
    return {"gm": extended(amount, gm, remaining, longer, epsilon_wad)}


def increase(amount, gm, unlock, now, added, epsilon_wad):
    """§6: increasing adds preview(added, r)."""
    remaining = remaining_of(unlock, now)
    leave_open(remaining < DAY, "preview of less than a day, for a lock that began long ago")
    leave_open(added == 0, "an increase by nothing")
    return {"amount": amount + added, "gm": gm + preview(added, remaining, epsilon_wad)["gm"]}


def merge(a_amount, a_gm, a_unlock, b_amount, b_gm, b_unlock, now, epsilon_wad):
    """§6: extends the earlier to the later unlock by the rule for extensions, then sums."""
    left_a, left_b = remaining_of(a_unlock, now), remaining_of(b_unlock, now)
    later = max(left_a, left_b)
    leave_open(later < DAY, "preview of less than a day, for a lock that began long ago")
    by_rule = [
        extended(amount, gm, left, later, epsilon_wad)
        for amount, gm, left in ((a_amount, a_gm, left_a), (b_amount, b_gm, left_b))
    ]
    # The one that is not extended keeps its gm, even where a higher ε would give it more today.
    gm_a = a_gm if left_a == later else by_rule[0]
    gm_b = b_gm if left_b == later else by_rule[1]
    leave_open(left_a == left_b and by_rule != [a_gm, b_gm], "whether equal unlocks are an extension by nothing")
    return {"amount": a_amount + b_amount, "gm": gm_a + gm_b, "unlock": now + later}


def effective(locks, at):
    """§6: E = Σ gmᵢ·min(unlockᵢ − τ, 365 d)/365 d, summed first, floored once, zero once unlocked."""
    weights = (lock["gm"] * Fraction(min(max(lock["unlock"] - at, 0), YEAR), YEAR) for lock in locks)
    return {"e": floor(sum(weights, Fraction(0)))}


def multiplier(e, lambda_wad, half):
    """§6: m = 1 + λ·E/(E + H), down, with 0 ≤ λ ≤ 1 and H ≥ 1."""
    refuse(lambda_wad > WAD, "λ is at most 1")
    refuse(half == 0, "H is at least 1")
    leave_open(e + half >= WORD, "a balance beyond 256 bits")
    return {"m_wad": WAD + floor(Fraction(lambda_wad * e, e + half))}


# Staking (§6) --------------------------------------------------------------------------------------------------------


def seconds(history, epoch):
    """§6: the integral of the stake over the UTC day, and its average over the day, down. The day is half-open; of
    changes in the same second the last counts."""
    start, end = epoch * DAY, (epoch + 1) * DAY
    total = 0
    for index, change in enumerate(history):
        until = history[index + 1]["time"] if index + 1 < len(history) else end
        overlap = min(until, end) - max(change["time"], start)
        total += change["stake"] * max(overlap, 0)
    return {"stake_seconds": total, "average": floor(Fraction(total, DAY))}


# Stakes and locks over time (§6) -------------------------------------------------------------------------------------


def changed_locks(locks, step, epsilon_wad):
    """The open locks of an account, by number, after a step. A merged lock goes on under the number of the later one."""
    now, locks = step["time"], dict(locks)
    if "lock" in step:
        gm = preview(step["lock"], step["period"], epsilon_wad)["gm"]
        locks[step["number"]] = {"amount": step["lock"], "gm": gm, "unlock": now + step["period"]}
        return locks
    lock = locks.pop(step["number"])
    if "added" in step:
        locks[step["number"]] = lock | increase(**lock, now=now, added=step["added"], epsilon_wad=epsilon_wad)
    elif "unlock" in step:
        gm = extend(**lock, now=now, new_unlock=step["unlock"], epsilon_wad=epsilon_wad)["gm"]
        locks[step["number"]] = {"amount": lock["amount"], "gm": gm, "unlock": step["unlock"]}
    elif "other" in step:
        other = locks.pop(step["other"])
        sides = {f"a_{name}": part for name, part in lock.items()} | {f"b_{name}": part for name, part in other.items()}
        kept = step["number"] if lock["unlock"] > other["unlock"] else step["other"]
        locks[kept] = merge(**sides, now=now, epsilon_wad=epsilon_wad)
    else:
        refuse(lock["unlock"] > now, "the lock is not over")
    return locks


def registry(accounts, steps, epsilon_wad, epochs, times):
    """§6: stake-seconds of every account in days, and its effective balance at times, by the locks as they stood before that
    second: what had been done by then, whatever was done later."""
    stakes = [[{"time": 0, "stake": 0}] for _ in range(accounts)]
    versions = [[(0, {})] for _ in range(accounts)]
    for step in steps:
        of, sets = stakes[step["who"]], versions[step["who"]]
        change = step.get("stake", 0) - step.get("request", 0)
        refuse(of[-1]["stake"] + change < 0, "more than is staked")
        if change:
            of.append({"time": step["time"], "stake": of[-1]["stake"] + change})
        else:
            sets.append((step["time"], changed_locks(sets[-1][1], step, epsilon_wad)))

    def balance(sets, at):
        standing = [locks for time, locks in sets if time < at][-1]
        return effective(list(standing.values()), at)["e"]

    return {
        "seconds": [[seconds(history, epoch)["stake_seconds"] for epoch in epochs] for history in stakes],
        "effective": [[balance(sets, at) for at in times] for sets in versions],
    }


# Revenue waterfall (§7) ----------------------------------------------------------------------------------------------


def split(gross, compute, limit_bps, shares):
    """§7: compute first, at most its share of gross; the net splits by the shares, the treasury takes the remainder."""
    leave_open(limit_bps > BPS, "a limit above the gross revenue")
    refuse(sum(shares) != BPS, "the shares are parts of a whole")
    refuse(compute > gross * bps(limit_bps), "compute above its limit")
    leave_open(gross == 0, "a settlement of nothing")
    net = gross - compute
    flock, _, mt, issuer = (floor(net * bps(share)) for share in shares)
    return {"compute": compute, "flock": flock, "treasury": net - flock - mt - issuer, "mt": mt, "issuer": issuer}


def cap(bucket, configured, thinnest_reserve):
    """§7: min(bucket, configured, 0.5 % of the route's thinnest input reserve), down."""
    return {"amount": min(bucket, configured, floor(thinnest_reserve * bps(50)))}


def min_out(out, pool_fees_bps):
    """§7: 97 % of the time-weighted price net of pool fees, which multiply; rounded once, down."""
    leave_open(not pool_fees_bps or max(pool_fees_bps) >= BPS, "a route without a pool, or a pool that keeps all")
    exact = out * bps(9_700)
    for fee in pool_fees_bps:
        exact *= 1 - bps(fee)
    return {"min_out": floor(exact)}


# Scores (§8) ---------------------------------------------------------------------------------------------------------


def alpha(start, end, index, length):
    """§8: start − (start − end)·i/(N − 1) in epoch i of a season of N, then it stays; the fall is rounded down."""
    refuse(length < 2, "a season has at least two epochs")
    refuse(start < end, "α never rises")
    refuse(end == 0 or start > WAD, "0 < α ≤ 1")
    return {"alpha": start - floor(Fraction((start - end) * min(index, length - 1), length - 1))}


def scores(spend, stake, total_stake, effective, lambda_wad, half, alpha):
    """§8: r, q, f, m, g and h, the integers that define the scores."""
    refuse(stake > total_stake, "a stake above the total")
    refuse(alpha > WAD, "α is at most 1")
    leave_open(alpha == 0, "who refuses an α of zero")
    share = Fraction(stake, total_stake) if total_stake else Fraction(0)
    r = math.isqrt(floor(share * 10**36))
    q = floor(share * WAD)
    f = alpha + floor(Fraction((WAD - alpha) * r, WAD))
    m = multiplier(effective, lambda_wad, half)["m_wad"]
    g = floor(Fraction(spend * f * m, WAD))
    h = floor(Fraction(spend * q * m, WAD))
    return {"r": r, "q": q, "f": f, "m": m, "g": g, "h": h}


def payouts(pool, scores):
    """§8: payout = pool·score/Σ score, down; what rounding leaves stays in the pool."""
    total = sum(scores)
    refuse(total == 0, "nobody has a score")
    paid = [floor(Fraction(pool * score, total)) for score in scores]
    return {"payouts": paid, "remainder": pool - sum(paid)}


# Emission (§8) -------------------------------------------------------------------------------------------------------


def phase(start, days, daily, decay_bps, every, epoch):
    """§8: the daily amount decays every k days by iterated floors; the last day's amount goes on until it is spent."""
    leave_open(days == 0 or every == 0 or decay_bps >= BPS, "a phase without days, or that decays to nothing at once")
    if epoch < start:
        return {"scheduled": 0}
    amount = daily
    for _ in range(min(epoch - start, days - 1) // every):
        amount = floor(amount * (1 - bps(decay_bps)))
    return {"scheduled": amount}


def phase_pool(start, days, daily, decay_bps, every, epoch, uncommitted):
    """§8: a day's pool exceeds neither its schedule nor the funds uncommitted at the end of the day before."""
    return {"pool": min(phase(start, days, daily, decay_bps, every, epoch)["scheduled"], uncommitted)}


def global_part(pool, spend, total_spend):
    """§8: the global emission is split across MTs by usage spend, down."""
    refuse(total_spend == 0, "nobody spent")
    leave_open(spend > total_spend, "a spend above the total")
    return {"amount": floor(Fraction(pool * spend, total_spend))}


def scheduled(funded, days, declining, day):
    """§8: 2·funded·(n − d)/(n·(n + 1)) when it declines, funded/n when level, down."""
    leave_open(days == 0 or day >= days, "a schedule for a day outside the tranche")
    if declining:
        return {"scheduled": floor(Fraction(2 * funded * (days - day), days * (days + 1)))}
    return {"scheduled": floor(Fraction(funded, days))}


def weight(days, declining, day):
    """§8: w(d) = n − d when it declines, 1 when level."""
    return days - day if declining else 1


def tranche_pool(funded, days, declining, day, remaining):
    """§8: min(remaining·w(d)/Σ_{j≥d} w(j), 2·schedule(d)) down; from day n at most funded/n, from day 2n nothing."""
    leave_open(days == 0 or remaining > funded, "a tranche without days, or with more than it was given")
    if day >= 2 * days:
        return {"pool": 0}
    if day >= days:
        return {"pool": min(remaining, floor(Fraction(funded, days)))}
    ahead = sum(weight(days, declining, later) for later in range(day, days))
    part = floor(Fraction(remaining * weight(days, declining, day), ahead))
    return {"pool": min(part, 2 * scheduled(funded, days, declining, day)["scheduled"])}


def tranche_run(funded, days, declining, paid):
    """§8: the pools of 2n days; a day that pays nobody (false) leaves its part, any other pays its whole pool."""
    leave_open(len(paid) != 2 * days, "a run of another length")
    remaining, pools = funded, []
    for day, pays in enumerate(paid):
        pools.append(tranche_pool(funded, days, declining, day, remaining)["pool"])
        remaining -= pools[-1] if pays else 0
    return {"pools": pools, "left": remaining}
