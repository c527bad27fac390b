"""Writes the test vectors: `python3 vectors.py`, or `--check` to compare the files on disk with what would be written.

Each file has its own seed and draws from nothing else, so that adding a case to one leaves the others as they are.
"""

import json
import random
import sys
from pathlib import Path

import model
from model import BPS, DAY, LEAST_TARGET, SALE, SUPPLY, WAD, WORD, YEAR

FOLDER = Path(__file__).resolve().parent / "vectors"
TOP = WORD - 1
SPEND_TOP = 2**64 - 1
EPSILON = 2_190_000_000_000_000_000
LOCK_TOP = 2**200  # gm times its seconds has to fit 256 bits
NOW = 1_750_000_000


class Cases:
    """The cases of one file, in the order in which they were added, each once."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.list = []
        self.seen = set()

    def add(self, f, **given):
        """Adds one case; an input that the specification leaves open stops the generator."""
        try:
            out = getattr(model, f)(**given)
        except model.Refused:
            out = None
        line = json.dumps({"f": f, "in": encoded(given), "out": encoded(out)}, separators=(",", ":"))
        if line not in self.seen:
            self.seen.add(line)
            self.list.append(line)
        return out

    def between(self, low, high):
        return self.random.randrange(low, high + 1)

    def log(self, low, high):
        """A number from low to high whose length in bits is uniform."""
        bits = self.between(low.bit_length(), high.bit_length())
        least, most = max(low, (1 << bits) >> 1), min(high, (1 << bits) - 1)
        return self.between(least, most)

    def one_of(self, options):
        return options[self.random.randrange(len(options))]

    def text(self):
        return '{"cases":[\n' + ",\n".join(self.list) + "\n]}\n"


def encoded(value):
    """Integers as decimal strings, for JSON's own numbers lose digits in many readers."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {name: encoded(part) for name, part in value.items()}
    return [encoded(part) for part in value]


def around(number):
    return number - 1, number, number + 1


# math ----------------------------------------------------------------------------------------------------------------


def math_cases(cases):
    ends = (0, 1, 2, TOP)
    for a in ends:
        for b in ends:
            for d in ends:
                cases.add("mul_div", a=a, b=b, d=d)
    # The quotient next to 2^256: the first has it exactly at the top with a remainder, so that only the floor fits.
    for a, b, d in ((TOP - 1, TOP - 1, TOP - 2), (TOP, TOP - 1, TOP), (TOP, TOP, TOP - 1), (TOP, 3, 2), (TOP, 2, 3)):
        cases.add("mul_div", a=a, b=b, d=d)
    for i, j in ((2, 3), (5, 9), (1000, 77)):
        for k in around(i + j):
            cases.add("mul_div", a=TOP - i, b=TOP - j, d=TOP - k)
    for shift in (64, 127, 128, 129, 255):
        for a in around(2**shift):
            cases.add("mul_div", a=a, b=a, d=2**shift)
            cases.add("mul_div", a=a, b=TOP, d=a + 1)
    for _ in range(40):
        a, b = cases.log(0, TOP), cases.log(0, TOP)
        cases.add("mul_div", a=a, b=b, d=cases.log(1, TOP))
        # A product that is divided by one of its factors, or nearly.
        for d in around(max(a, 2)):
            cases.add("mul_div", a=a, b=b, d=min(d, TOP))
    for n in (0, 1, 2, 3, 4, 10**36, 10**35, TOP, TOP - 1):
        cases.add("isqrt", n=n)
    for root in (2**127, 2**128 - 1, 10**18, 3 * 10**17 + 7):
        for n in around(root * root):
            cases.add("isqrt", n=n)
    for _ in range(60):
        cases.add("isqrt", n=cases.log(0, TOP))
        root = cases.log(2, 2**128 - 1)
        for n in around(root * root):
            cases.add("isqrt", n=n)


# curve ---------------------------------------------------------------------------------------------------------------

PHIS = (5_001, 5_002, 5_500, 6_667, 7_500, 9_000, 9_999, 10_000)
FEES = ((100, 50), (0, 0), (500, 0), (0, 500), (1, 0), (0, 1), (333, 167), (100, 37))


def greatest_target(phi):
    """The largest T_max whose curve fits 256 bits."""
    fine, much = LEAST_TARGET, WORD
    while much - fine > 1:
        middle = (fine + much) // 2
        try:
            model.curve(middle, phi)
            fine = middle
        except model.Refused:
            much = middle
    return fine


GREATEST = {phi: greatest_target(phi) for phi in PHIS}


def target_of(cases, phi):
    kind = cases.between(0, 3)
    if kind == 0:
        return cases.log(LEAST_TARGET, GREATEST[phi])
    if kind == 1:
        return cases.log(LEAST_TARGET, 10**9 * WAD)
    return cases.one_of((1_000, 50_000, 250_000, 1_000_000, 5_000_000)) * WAD


def tax_of(cases, fees):
    total = sum(fees)
    return cases.one_of((total, total, 9_900, max(total, cases.between(501, 9_899))))


class Launch:
    """A curve with its fees, walked from the opening by real buys: its reserves are always reachable ones."""

    def __init__(self, cases, phi, target, fees):
        self.cases, self.phi, self.target, self.fees = cases, phi, target, fees
        self.x, self.y0 = model.opening(target, phi)
        self.y = self.y0

    def room(self):
        return self.target - (self.y - self.y0)

    def given(self, tax):
        return {
            "max_target": self.target,
            "phi": self.phi,
            "protocol_bps": self.fees[0],
            "issuer_bps": self.fees[1],
            "tax_bps": tax,
            "x": self.x,
            "y": self.y,
        }

    def move(self, offered, tax):
        """One buy that is no case by itself."""
        try:
            after = model.buy(**self.given(tax), offered=offered)
        except model.Refused:
            return
        self.x, self.y = after["x_after"], after["y_after"]

    def move_to_room(self, room):
        """A buy after which exactly this room is left."""
        self.move(model.fill(self.room() - room, sum(self.fees)), sum(self.fees))

    def move_at_random(self):
        for _ in range(self.cases.between(0, 4)):
            offer = self.cases.log(1, max(self.room() // 2, 1))
            self.move(offer, tax_of(self.cases, self.fees))


def offers_at(launch, tax):
    """The offers that matter at these reserves: nothing, next to nothing, around the fill, all there is."""
    full = model.fill(launch.room(), tax)
    short = model.fill(launch.room() - 1, tax)
    return [0, 1, 2, *around(full), short, max(short - 1, 0), 2 * full, full * 7 // 11]


def buys_at(cases, launch, tax, offers):
    for offered in offers:
        cases.add("buy", **launch.given(tax), offered=offered)


def exact_buys_at(cases, launch, tax, some):
    """Around what the whole room gives, around what some random buys give, and at random."""
    whole = model.bought(launch.x, launch.y, launch.room())
    wanted = [1, whole - 1, whole, whole + 1]
    for _ in range(some):
        net = cases.log(1, max(launch.room(), 1))
        wanted += [model.bought(launch.x, launch.y, net), model.bought(launch.x, launch.y, net) + 1]
        wanted.append(cases.log(1, max(whole, 1)))
    for mt in wanted:
        if mt > 0:
            cases.add("buy_exact", **launch.given(tax), mt=mt)


def threshold_of_nothing(cases, launch, tax):
    """The cheapest buy that gives anything, and the offer one wei below it."""
    try:
        least = model.buy_exact(**launch.given(tax), mt=1)["taken"]
    except model.Refused:
        return
    buys_at(cases, launch, tax, (least, least - 1))


def curve_openings(cases):
    for phi in PHIS:
        for target in (1_000, 1_001, 32_768, 1_000_000, 10**9):
            cases.add("curve", max_target=target * WAD, phi=phi)
        for target in (LEAST_TARGET, LEAST_TARGET + 1, *around(GREATEST[phi]), WORD // 2, TOP):
            cases.add("curve", max_target=target, phi=phi)
    for phi in (0, 1, 4_999, 5_000, 10_001):
        cases.add("curve", max_target=1_000_000 * WAD, phi=phi)
    for _ in range(60):
        phi = cases.between(5_001, 10_000)
        cases.add("curve", max_target=cases.log(LEAST_TARGET, 2**150), phi=phi)


def curve_buys(cases):
    for index in range(24):
        phi, fees = PHIS[-1 - index % len(PHIS)], FEES[index * 3 % len(FEES)]
        target = GREATEST[phi] if index in (5, 11) else target_of(cases, phi)
        launch = Launch(cases, phi, target, fees)
        tax = tax_of(cases, fees)
        if index % 4:
            launch.move_at_random()
        offers = offers_at(launch, tax)
        buys_at(cases, launch, tax, offers if index < 6 else [cases.one_of(offers) for _ in range(3)])
        buys_at(cases, launch, tax, [cases.log(1, 2 * offers[4]) for _ in range(4)])
        threshold_of_nothing(cases, launch, tax)
        if index % 5 == 0:
            buys_at(cases, launch, tax, [TOP])
        exact_buys_at(cases, launch, tax, 1)


def curve_ends(cases):
    """Next to T_max and at it: one wei of room is filled even for 0 MT, no room refuses everything."""
    for index, phi in enumerate((10_000, 5_001, 7_500, 10_000)):
        for target in (1_000 * WAD, 3_000_000 * WAD):
            fees = FEES[index]
            launch = Launch(cases, phi, target, fees)
            for room in (2, 1, 0):
                launch.move_to_room(room)
                tax = (sum(fees), 9_900)[index % 2]
                full = model.fill(room, tax)
                buys_at(cases, launch, tax, (1, full - 1, full, full + 1, TOP) if room else (1, TOP))
                exact_buys_at(cases, launch, tax, 0)


def curve_views(cases):
    for index in range(24):
        phi = PHIS[-1 - index % len(PHIS)]
        target = (1_000_000 * WAD, LEAST_TARGET)[index % 2] if index < 8 else target_of(cases, phi)
        raises = [0, 1, target // 2, target - 1, target] if index < 8 else [cases.log(0, target), target]
        for raised in raises:
            cases.add("sold_at", max_target=target, phi=phi, raised=raised)
            cases.add("spot", max_target=target, phi=phi, raised=raised)
    for phi in (10_000, 5_001):
        for raised in (0, GREATEST[phi] // 3, GREATEST[phi]):
            cases.add("sold_at", max_target=GREATEST[phi], phi=phi, raised=raised)
            cases.add("spot", max_target=GREATEST[phi], phi=phi, raised=raised)


def curve_graduations(cases):
    """At T_max, at half of it, a wei away from either, and in between; after one buy and after many."""
    for index in range(24):
        phi = PHIS[-1 - index % len(PHIS)]
        target = GREATEST[phi] if index < 3 else target_of(cases, phi)
        launch = Launch(cases, phi, target, FEES[index % len(FEES)])
        if index % 2:
            launch.move_at_random()
        half = target - (target + 1) // 2
        rooms = [half, max(half - 1, 0), cases.between(0, half), cases.between(0, half), 1, 0]
        for room in sorted(set(rooms), reverse=True):
            if room <= launch.room():
                launch.move_to_room(room)
            if 2 * (target - launch.room()) >= target:
                cases.add("graduation", max_target=target, phi=phi, x=launch.x, y=launch.y)


def curve_walks(cases):
    for index in range(12):
        phi, fees = PHIS[-1 - index % len(PHIS)], FEES[index % len(FEES)]
        target = target_of(cases, phi)
        count = cases.between(20, 40)
        most = 4 * target // count
        offers = []
        for _ in range(count):
            # Most walks end full, some buys are dust, a few come after the end.
            offered = cases.log(1, most) if cases.between(0, 3) == 0 else cases.between(1, most)
            offers.append({"offered": offered, "tax_bps": tax_of(cases, fees) if index % 2 else sum(fees)})
        cases.add(
            "walk", max_target=target, phi=phi, protocol_bps=fees[0], issuer_bps=fees[1], offers=offers
        )


def curve_minimums(cases):
    for taken, offered, mt, min_out in ((1, 1, 0, 0), (1, 1, 0, 1), (1, 1, 1, 1), (1, 2, 1, 2), (1, 2, 1, 3)):
        cases.add("minimum", taken=taken, offered=offered, mt=mt, min_out=min_out)
    for mt, least in ((TOP, TOP), (TOP - 1, TOP), (0, TOP), (TOP, 0)):
        cases.add("minimum", taken=TOP, offered=TOP, mt=mt, min_out=least)
        cases.add("minimum", taken=TOP - 1, offered=TOP, mt=mt, min_out=least)
    for _ in range(25):
        offered = cases.log(1, TOP)
        taken = cases.one_of((offered, cases.log(1, offered)))
        mt = cases.log(0, TOP)
        threshold = min(mt * offered // taken, TOP - 1)
        for least in (threshold, threshold + 1, cases.log(0, TOP)):
            cases.add("minimum", taken=taken, offered=offered, mt=mt, min_out=least)


def curve_taxes(cases):
    for fees in FEES:
        # The minute in which the tax reaches the fee.
        last = 60 * -(-(9_900 - sum(fees)) // 100)
        for passed in (0, 1, 59, 60, 61, 119, 120, *around(last), last + 60, 5_940, 10_800, 2**64 - 1):
            cases.add("sniper_tax", protocol_bps=fees[0], issuer_bps=fees[1], seconds=passed)
    for _ in range(20):
        fees = cases.one_of(FEES)
        cases.add("sniper_tax", protocol_bps=fees[0], issuer_bps=fees[1], seconds=cases.between(0, 6_000))


def curve_cases(cases):
    curve_openings(cases)
    curve_buys(cases)
    curve_ends(cases)
    curve_views(cases)
    curve_graduations(cases)
    curve_walks(cases)
    curve_minimums(cases)
    curve_taxes(cases)


# lock ----------------------------------------------------------------------------------------------------------------

PERIODS = (DAY, DAY + 1, 7 * DAY, *around(30 * DAY), 31 * DAY, 90 * DAY, 180 * DAY, YEAR - 1, YEAR)


def epsilon_of(cases):
    return cases.one_of((EPSILON, EPSILON, EPSILON, 0, 1, WAD, cases.between(0, 5 * WAD)))


def lock_of(cases, start, least=DAY):
    """An amount, a gm and an unlock as a lock of at least this period would have them."""
    amount = cases.one_of((cases.log(1, 10**9 * WAD), cases.log(1, LOCK_TOP), 100 * WAD, 1))
    period = max(cases.one_of((cases.one_of(PERIODS), cases.between(DAY, YEAR))), least)
    gm = model.preview(amount, period, epsilon_of(cases))["gm"]
    return amount, gm, start + period


def lock_previews(cases):
    for period in (0, 1, DAY - 1, *PERIODS, YEAR + 1, 2**40):
        for amount in (0, 1, 1_000 * WAD, LOCK_TOP):
            cases.add("preview", amount=amount, period=period, epsilon_wad=EPSILON)
        cases.add("preview", amount=10**27 + 1, period=period, epsilon_wad=epsilon_of(cases))
    for _ in range(60):
        amount = cases.log(1, LOCK_TOP)
        cases.add("preview", amount=amount, period=cases.between(DAY, YEAR), epsilon_wad=epsilon_of(cases))


def lock_extensions(cases):
    for index in range(45):
        amount, gm, unlock = lock_of(cases, NOW)
        now = cases.one_of((NOW, unlock - 1, cases.between(NOW, unlock - 1)))
        given = {"amount": amount, "gm": gm, "unlock": unlock, "now": now, "epsilon_wad": epsilon_of(cases)}
        soonest = max(unlock + 1, now + DAY)
        wishes = [now + YEAR]
        if index < 12:
            wishes += [now + YEAR + 1, unlock, unlock - 1]
        if soonest <= now + YEAR:
            # Rolling short extensions must not keep a long lock's bonus, nor take any of it.
            wishes += [soonest, min(soonest + DAY, now + YEAR), cases.between(soonest, now + YEAR)]
        for new_unlock in wishes:
            if new_unlock <= unlock or new_unlock >= now + DAY:
                cases.add("extend", **given, new_unlock=new_unlock)
        if index < 6:
            for late in (0, 1, DAY):
                expired = {**given, "now": unlock + late}
                cases.add("extend", **expired, new_unlock=unlock + late + 30 * DAY)


def lock_increases(cases):
    for index in range(25):
        amount, gm, unlock = lock_of(cases, NOW)
        for now in (NOW, unlock - DAY, cases.between(NOW, unlock - DAY)):
            given = {"amount": amount, "gm": gm, "unlock": unlock, "now": now}
            for added in (1, cases.log(1, LOCK_TOP)):
                cases.add("increase", **given, added=added, epsilon_wad=epsilon_of(cases))
        if index < 6:
            for late in (0, 1, YEAR):
                given = {"amount": amount, "gm": gm, "unlock": unlock, "now": unlock + late}
                cases.add("increase", **given, added=WAD, epsilon_wad=EPSILON)


def lock_merges(cases):
    for index in range(72):
        a_amount, a_gm, a_unlock = lock_of(cases, NOW - cases.between(0, DAY))
        b_amount, b_gm, b_unlock = lock_of(cases, NOW)
        if index % 6 == 0:
            # The same unlock, each gm as high as today's preview: no reading of the rule changes either.
            b_unlock = a_unlock
            left = a_unlock - NOW
            a_gm = b_gm = 0
            if DAY <= left <= YEAR:
                a_gm = model.preview(a_amount, left, EPSILON)["gm"] + index
                b_gm = model.preview(b_amount, left, EPSILON)["gm"]
        sides = {"a_amount": a_amount, "a_gm": a_gm, "a_unlock": a_unlock}
        sides.update({"b_amount": b_amount, "b_gm": b_gm, "b_unlock": b_unlock})
        later = max(a_unlock, b_unlock)
        if later - NOW < DAY or (index % 6 == 0 and a_gm == 0):
            continue
        epsilon = EPSILON if index % 6 == 0 else epsilon_of(cases)
        cases.add("merge", **sides, now=NOW, epsilon_wad=epsilon)
        earlier = min(a_unlock, b_unlock)
        if index % 6 and index < 30:
            for now in around(earlier):
                if now >= earlier or later - now >= DAY:
                    cases.add("merge", **sides, now=now, epsilon_wad=epsilon)


def lock_balances(cases):
    for index in range(60):
        at = NOW // DAY * DAY + DAY
        locks = []
        for _ in range(index % 17):
            left = cases.one_of((-1, 0, 1, DAY, YEAR // 2, YEAR - 1, YEAR, YEAR + 1, cases.between(1, YEAR)))
            top = LOCK_TOP if index % 3 == 0 else 10**9 * WAD
            locks.append({"gm": cases.log(0, top), "unlock": at + left})
        cases.add("effective", locks=locks, at=at)
    for gm, left in ((100 * WAD, YEAR), (200 * WAD, YEAR // 2), (YEAR, 1), (YEAR - 1, 1), (1, YEAR), (0, YEAR)):
        cases.add("effective", locks=[{"gm": gm, "unlock": NOW + left}], at=NOW)
    # Summed first and floored once: two halves of a wei are a wei.
    halves = {"gm": 1, "unlock": NOW + YEAR // 2}
    cases.add("effective", locks=[halves], at=NOW)
    cases.add("effective", locks=[halves, halves], at=NOW)


def lock_multipliers(cases):
    for e in (0, 1, 10_000 * WAD, LOCK_TOP):
        for part in (0, 1, WAD // 2, WAD, WAD + 1):
            for half in (0, 1, 10_000 * WAD, LOCK_TOP):
                cases.add("multiplier", e=e, lambda_wad=part, half=half)
    for e, half in ((TOP - 1, 1), (1, TOP - 1), (0, TOP), (TOP // 2, TOP // 2)):
        cases.add("multiplier", e=e, lambda_wad=WAD, half=half)
    for _ in range(50):
        half, part = cases.log(1, LOCK_TOP), cases.between(0, WAD)
        cases.add("multiplier", e=cases.log(0, LOCK_TOP), lambda_wad=part, half=half)


def lock_cases(cases):
    lock_previews(cases)
    lock_extensions(cases)
    lock_increases(cases)
    lock_merges(cases)
    lock_balances(cases)
    lock_multipliers(cases)


# stake ---------------------------------------------------------------------------------------------------------------


def stake_cases(cases):
    epoch = NOW // DAY
    start, end = epoch * DAY, (epoch + 1) * DAY
    cases.add("seconds", history=[], epoch=epoch)
    for time in (0, *around(start), start + DAY // 2, *around(end), end + DAY):
        for stake in (0, 1, SUPPLY):
            cases.add("seconds", history=[{"time": time, "stake": stake}], epoch=epoch)
    for first, second in ((start, start + 1), (start - 1, start), (end - 1, end), (start, end), (end - 1, end - 1)):
        history = [{"time": first, "stake": SUPPLY}, {"time": second, "stake": 0}]
        cases.add("seconds", history=history, epoch=epoch)
    cases.add("seconds", history=[{"time": 0, "stake": 7}], epoch=0)
    for index in range(120):
        day = epoch if index % 4 else cases.log(1, 2**24)
        begin = day * DAY
        low, high = ((begin, begin + DAY), (begin - DAY, begin + 2 * DAY), (max(begin - 10 * DAY, 0), begin + DAY))[
            index % 3
        ]
        times = sorted(max(cases.between(low, high), 0) for _ in range(cases.between(1, 12)))
        if index % 5 == 0:
            # Several changes in one second: only the last counts.
            times += [times[-1]] * cases.between(1, 3)
        history = [{"time": time, "stake": cases.one_of((0, cases.log(0, SUPPLY)))} for time in times]
        cases.add("seconds", history=history, epoch=day)


# registry ------------------------------------------------------------------------------------------------------------

ACCOUNTS = 3
HISTORY_BEGINS = 1_800_100_000


class Registry:
    """Draws a history that the contract takes step by step, over two years and more."""

    def __init__(self, cases):
        self.cases, self.steps, self.now, self.numbers = cases, [], HISTORY_BEGINS, 0
        self.stakes = [0] * ACCOUNTS
        self.locks = [{} for _ in range(ACCOUNTS)]

    def wait(self):
        midnight = self.now // DAY * DAY + DAY
        waits = (0, 1, midnight - 1 - self.now, midnight - self.now, self.cases.between(1, DAY))
        self.now += self.cases.one_of((*waits, self.cases.between(1, 40 * DAY), self.cases.between(1, 90 * DAY)))

    def take(self, who, **step):
        step = {"time": self.now, "who": who, **step}
        if "stake" not in step and "request" not in step:
            self.locks[who] = model.changed_locks(self.locks[who], step, EPSILON)
        self.steps.append(step)

    def amount(self):
        return self.cases.log(1, 10_000 * WAD)

    def stake_or_request(self, who):
        if self.stakes[who] and self.cases.between(0, 1):
            request = self.cases.one_of((self.stakes[who], self.cases.log(1, self.stakes[who])))
            self.stakes[who] -= request
            self.take(who, request=request)
        else:
            stake = self.amount()
            self.stakes[who] += stake
            self.take(who, stake=stake)

    def open(self, who):
        if len(self.locks[who]) < 16:
            self.numbers += 1
            period = self.cases.one_of((DAY, 30 * DAY, YEAR, self.cases.between(DAY, YEAR)))
            self.take(who, lock=self.amount(), period=period, number=self.numbers)

    def change(self, who):
        if not self.locks[who]:
            return self.open(who)
        number = self.cases.one_of(sorted(self.locks[who]))
        unlock = self.locks[who][number]["unlock"]
        later = [n for n in sorted(self.locks[who]) if self.locks[who][n]["unlock"] > max(unlock, self.now + DAY)]
        if unlock <= self.now:
            return self.take(who, number=number)
        if later and self.cases.between(0, 1):
            return self.take(who, number=number, other=self.cases.one_of(later))
        if unlock - self.now >= DAY and self.cases.between(0, 1):
            return self.take(who, number=number, added=self.amount())
        first = max(unlock + 1, self.now + DAY)
        if first <= self.now + YEAR:
            self.take(who, number=number, unlock=self.cases.between(first, self.now + YEAR))

    def step(self):
        self.wait()
        who = self.cases.between(0, ACCOUNTS - 1)
        self.cases.one_of((self.stake_or_request, self.open, self.change, self.change))(who)


def registry_cases(cases):
    for _ in range(8):
        history = Registry(cases)
        for _ in range(60):
            history.step()
        first, last = HISTORY_BEGINS // DAY, history.now // DAY
        touched = [step["time"] // DAY for step in history.steps]
        epochs = sorted({first - 1, last, *touched, *(cases.between(first, last) for _ in range(20))})
        ends = [lock["unlock"] for locks in history.locks for lock in locks.values()]
        near = [time for step in history.steps for time in around(step["time"])]
        near += [time for end in ends for time in around(end)] + [(epoch + 1) * DAY for epoch in epochs]
        times = sorted({time for time in near if cases.between(0, 2) == 0})
        cases.add(
            "registry", accounts=ACCOUNTS, steps=history.steps, epsilon_wad=EPSILON, epochs=epochs, times=times
        )


# waterfall -----------------------------------------------------------------------------------------------------------

SPLITS = ([3_000, 3_000, 3_000, 1_000], [2_500, 2_500, 2_500, 2_500], [0, BPS, 0, 0], [BPS, 0, 0, 0], [0, 0, BPS, 0],
          [0, 0, 0, BPS], [1, 9_997, 1, 1], [3_333, 1, 3_333, 3_333])


def waterfall_cases(cases):
    for shares in SPLITS:
        for gross in (1, 9, 10, 11, 9_999, 123_456_789, TOP):
            for compute in (0, gross * 9 // 10):
                cases.add("split", gross=gross, compute=compute, limit_bps=9_000, shares=shares)
    # Shares that are no whole.
    for shares in ([3_000, 3_000, 3_000, 1_001], [3_000, 3_000, 3_000, 999], [BPS, 1, 0, 0], [0, 0, 0, 0]):
        cases.add("split", gross=10**9, compute=0, limit_bps=9_000, shares=shares)
    cases.add("split", gross=0, compute=1, limit_bps=9_000, shares=SPLITS[0])
    for _ in range(35):
        gross = cases.one_of((cases.log(1, TOP), cases.log(1, 10**15)))
        limit = cases.one_of((9_000, 9_000, 0, BPS, cases.between(0, BPS)))
        most = gross * limit // BPS
        flock, mt = cases.between(0, 5_000), cases.between(0, 3_000)
        issuer = cases.between(0, 2_000)
        for shares in (SPLITS[0], [flock, BPS - flock - mt - issuer, mt, issuer]):
            for compute in (most, min(most + 1, TOP), cases.between(0, most)):
                cases.add("split", gross=gross, compute=compute, limit_bps=limit, shares=shares)
    for bucket in (0, 1, 50, TOP):
        for configured in (0, 1, 50, TOP):
            for reserve in (0, *around(200), 10_000, TOP):
                cases.add("cap", bucket=bucket, configured=configured, thinnest_reserve=reserve)
    for _ in range(50):
        reserve = cases.log(0, TOP)
        bucket = cases.one_of((cases.log(0, TOP), *around(reserve // 200 + 1)))
        cases.add("cap", bucket=bucket, configured=cases.log(0, TOP), thinnest_reserve=reserve)
    for out in (0, 1, 2, 100, 10**18, 10**24 + 7, TOP):
        for fees in ([0], [1], [30], [100], [9_999], [30, 30], [30, 5, 100], [0, 0, 0, 0]):
            cases.add("min_out", out=out, pool_fees_bps=fees)
    for _ in range(50):
        fees = [cases.between(0, 200) for _ in range(cases.between(1, 4))]
        cases.add("min_out", out=cases.log(1, TOP), pool_fees_bps=fees)


# score ---------------------------------------------------------------------------------------------------------------

TENTH = WAD // 10


def score_alphas(cases):
    for start, end in ((9 * TENTH, 5 * TENTH), (WAD, 1), (WAD, WAD), (5 * TENTH, 5 * TENTH), (1, 1), (2, 1)):
        for length in (2, 3, 90, 365):
            for index in (0, 1, length // 2, *around(length - 1), 10**6):
                cases.add("alpha", start=start, end=end, index=index, length=length)
    for start, end, length in ((9 * TENTH, 5 * TENTH, 0), (9 * TENTH, 5 * TENTH, 1), (5 * TENTH, 9 * TENTH, 90),
                               (5 * TENTH, 5 * TENTH + 1, 90), (WAD + 1, WAD, 90), (WAD, 0, 90), (0, 0, 90)):
        cases.add("alpha", start=start, end=end, index=0, length=length)
    for _ in range(50):
        end = cases.log(1, WAD)
        start, length = cases.between(end, WAD), cases.log(2, 5_000)
        cases.add("alpha", start=start, end=end, index=cases.between(0, length + 3), length=length)


def score_table(cases):
    """§8: two users with half of the usage each, only Alice stakes; a multiplier of 2 is a limit, put in by hand."""
    spend, half = 50 * 10**6, 10_000 * WAD
    for alpha in (9 * TENTH, 5 * TENTH):
        bob = cases.add("scores", spend=spend, stake=0, total_stake=SUPPLY, effective=0, lambda_wad=WAD, half=half,
                        alpha=alpha)
        for stake in (SUPPLY, SUPPLY // 10):
            alice = cases.add("scores", spend=spend, stake=stake, total_stake=SUPPLY, effective=0, lambda_wad=WAD,
                              half=half, alpha=alpha)
            for name in ("g", "h"):
                cases.add("payouts", pool=100 * WAD, scores=[alice[name], bob[name]])
                cases.add("payouts", pool=100 * WAD, scores=[alice[name], 2 * bob[name]])


def score_users(cases):
    plain = {"spend": 10**6, "stake": 1, "total_stake": 10, "effective": 10_000 * WAD, "lambda_wad": WAD}
    plain.update({"half": 10_000 * WAD, "alpha": 9 * TENTH})
    top = SUPPLY * DAY
    changes = [{"stake": s, "total_stake": t} for s, t in (
        (0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (10, 10), (11, 10), (1, 3), (top, top), (1, top), (top - 1, top),
        (top + 1, top), (TOP, TOP), (TOP - 1, TOP), (1, TOP), (TOP // 2, TOP), (10**9, 10**27), (10**9 - 1, 10**27))]
    changes += [{"spend": s} for s in (0, 1, 2, SPEND_TOP)]
    changes += [{"effective": e} for e in (0, 1, 10**60)] + [{"half": h} for h in (0, 1, 10**60)]
    changes += [{"lambda_wad": part} for part in (0, 1, WAD // 2, WAD + 1)]
    changes += [{"alpha": a} for a in (1, 5 * TENTH, WAD - 1, WAD, WAD + 1)]
    changes.append({"spend": SPEND_TOP, "stake": top, "total_stake": top, "effective": LOCK_TOP, "half": 1})
    changes.append({**changes[-1], "effective": TOP - 1})
    for change in changes:
        cases.add("scores", **{**plain, **change})
    for index in range(150):
        total = cases.log(1, TOP if index % 5 == 0 else top)
        stake = cases.one_of((cases.log(0, total), cases.between(0, total)))
        given = {"spend": cases.log(0, SPEND_TOP), "stake": stake, "total_stake": total}
        given.update({"effective": cases.log(0, 10**9 * WAD), "lambda_wad": cases.between(0, WAD)})
        cases.add("scores", **given, half=cases.log(1, 10**9 * WAD), alpha=cases.between(1, WAD))


def score_payouts(cases):
    most = SPEND_TOP * WAD * 2
    for pool in (0, 1, 2, 3, 100 * WAD, 2**128, TOP):
        for list_of in ([], [0], [0, 0], [1], [1, 1], [1, 1, 1], [0, 5, 0], [most], [most // 2] * 2, [1, most - 1]):
            cases.add("payouts", pool=pool, scores=list_of)
    for index in range(60):
        count = cases.between(1, 20)
        list_of = [cases.one_of((0, cases.log(1, most // 20), cases.log(1, most // 20))) for _ in range(count)]
        cases.add("payouts", pool=cases.log(0, TOP if index % 4 == 0 else 10**9 * WAD), scores=list_of)


def score_cases(cases):
    score_alphas(cases)
    score_table(cases)
    score_users(cases)
    score_payouts(cases)


# emission ------------------------------------------------------------------------------------------------------------


def emission_phases(cases):
    for days, every, decay in ((1, 1, 100), (90, 7, 500), (90, 90, 500), (90, 91, 500), (365, 30, 0), (400, 1, 9_999)):
        given = {"start": 20_000, "days": days, "daily": 100_000 * WAD, "decay_bps": decay, "every": every}
        for epoch in (0, *around(20_000), *around(20_000 + every), 20_000 + 2 * every, *around(20_000 + days - 1),
                      20_000 + days + 1, 10**6):
            cases.add("phase", **given, epoch=epoch)
    for daily in (0, 1, 2, 9_999, 10_000, TOP):
        for epoch in (0, 1, 2, 50):
            cases.add("phase", start=0, days=40, daily=daily, decay_bps=1, every=1, epoch=epoch)
    for _ in range(80):
        start, days = cases.log(0, 30_000), cases.log(1, 3_000)
        given = {"start": start, "days": days, "daily": cases.log(1, 10**9 * WAD)}
        given.update({"decay_bps": cases.one_of((cases.between(0, 300), cases.between(0, 9_999)))})
        given.update({"every": cases.log(1, 400), "epoch": cases.between(max(start - 2, 0), start + days + 5)})
        amount = cases.add("phase", **given)["scheduled"]
        for uncommitted in (0, 1, max(amount - 1, 0), amount, amount + 1, TOP):
            if cases.between(0, 2) == 0:
                cases.add("phase_pool", **given, uncommitted=uncommitted)


def emission_parts(cases):
    for pool in (0, 1, 100 * WAD, TOP):
        for spend, total in ((0, 0), (0, 1), (1, 1), (1, 3), (2, 3), (SPEND_TOP - 1, SPEND_TOP), (SPEND_TOP,) * 2):
            cases.add("global_part", pool=pool, spend=spend, total_spend=total)
    for _ in range(50):
        total = cases.log(1, SPEND_TOP)
        cases.add("global_part", pool=cases.log(0, TOP), spend=cases.between(0, total), total_spend=total)


def emission_tranches(cases):
    fundings = (1, 180, 16_289, 16_290, 1_000 * WAD, 2**250)
    for declining in (True, False):
        for days in (1, 2, 180):
            for funded in fundings:
                shape = {"funded": funded, "days": days, "declining": declining}
                for day in (0, days // 2, days - 1):
                    cases.add("scheduled", **shape, day=day)
                for day in (0, days - 1, days, 2 * days - 1, 2 * days, 2 * days + 1):
                    for remaining in (0, funded // 2, funded):
                        if cases.between(0, 3) == 0:
                            cases.add("tranche_pool", **shape, day=day, remaining=remaining)
        for index in range(20):
            shape = {"funded": cases.log(1, 2**250 if index % 4 == 0 else 10**9 * WAD)}
            shape.update({"days": cases.one_of((180, 180, cases.log(1, 400))), "declining": declining})
            day = cases.between(0, shape["days"] - 1)
            once = cases.add("scheduled", **shape, day=day)["scheduled"]
            # Around the remainder from which the doubled schedule binds.
            ahead = sum(model.weight(shape["days"], declining, later) for later in range(day, shape["days"]))
            edge = 2 * once * ahead // model.weight(shape["days"], declining, day)
            for remaining in (cases.between(0, shape["funded"]), edge, edge + cases.between(1, 400)):
                cases.add("tranche_pool", **shape, day=day, remaining=min(remaining, shape["funded"]))
            late = cases.between(shape["days"], 2 * shape["days"])
            level = shape["funded"] // shape["days"]
            for remaining in (level, max(level - 1, 0), min(level + 1, shape["funded"])):
                cases.add("tranche_pool", **shape, day=late, remaining=remaining)


def emission_runs(cases):
    for declining in (True, False):
        for funded in (200_000 * WAD, 12_345_678_901_234_567_890_123):
            # Every day pays; none does; every second; none in the first half; at random.
            for index in range(5):
                days = (180, 5, 7, 60, 120)[index]
                paid = [(True, False, day % 2 == 0, day >= days // 2, cases.between(0, 9) < 6)[index]
                        for day in range(2 * days)]
                cases.add("tranche_run", funded=funded, days=days, declining=declining, paid=paid)
        for days in (1, 2, 3):
            for pattern in range(2 ** (2 * days)):
                paid = [pattern >> day & 1 == 1 for day in range(2 * days)]
                cases.add("tranche_run", funded=10_007, days=days, declining=declining, paid=paid)


def emission_cases(cases):
    emission_phases(cases)
    emission_parts(cases)
    emission_tranches(cases)
    emission_runs(cases)


# vesting -------------------------------------------------------------------------------------------------------------


def vesting_cases(cases):
    for total in (0, 1, 100_000 * WAD, TOP):
        for cliff, length in ((90 * DAY, YEAR), (0, YEAR), (YEAR, YEAR), (0, 1), (1, 1)):
            for moment in (0, *around(cliff), length // 2, *around(length), 10 * length):
                cases.add("vested", total=total, start=NOW, cliff=cliff, length=length, now=NOW + moment)
            cases.add("vested", total=total, start=NOW, cliff=cliff, length=length, now=0)
    for _ in range(80):
        length = cases.log(1, 2**32)
        cliff, start = cases.between(0, length), cases.log(0, 2**40)
        now = start + cases.between(0, length + length // 4)
        cases.add("vested", total=cases.log(0, TOP), start=start, cliff=cliff, length=length, now=now)


# Files ---------------------------------------------------------------------------------------------------------------

FILES = {
    "math": (math_cases, 2_001),
    "curve": (curve_cases, 2_002),
    "lock": (lock_cases, 2_003),
    "stake": (stake_cases, 2_004),
    "registry": (registry_cases, 2_009),
    "waterfall": (waterfall_cases, 2_005),
    "score": (score_cases, 2_006),
    "emission": (emission_cases, 2_007),
    "vesting": (vesting_cases, 2_008),
}


def generated(name):
    """The text of one file."""
    fill_in, seed = FILES[name]
    cases = Cases(seed)
    fill_in(cases)
    return cases.text()


def stale():
    """The files on disk that differ from what would be written, or that nothing writes."""
    wrong = [path.name for path in sorted(FOLDER.glob("*")) if path.name not in {f"{name}.json" for name in FILES}]
    for name in FILES:
        path = FOLDER / f"{name}.json"
        if not path.is_file() or path.read_text(encoding="utf-8") != generated(name):
            wrong.append(path.name)
    return wrong


def main(arguments):
    if arguments == ["--check"]:
        wrong = stale()
        if wrong:
            print(f"The vectors differ from what the model gives: {', '.join(wrong)}; run vectors.py without --check.")
        return 1 if wrong else 0
    if arguments:
        print("Usage: vectors.py [--check]")
        return 2
    FOLDER.mkdir(exist_ok=True)
    for name in FILES:
        (FOLDER / f"{name}.json").write_text(generated(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
