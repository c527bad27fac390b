"""Checks of the model itself: values worked out by hand, properties, and what the vectors have to reach."""

import json
import random
import unittest
from fractions import Fraction
from math import ceil

import model
import vectors
from model import DAY, LIQUIDITY, SALE, SUPPLY, WAD, WORD, YEAR, Open, Refused

PLAIN = {"max_target": 800_000 * WAD, "phi": 10_000}
FEES = {"protocol_bps": 100, "issuer_bps": 50}


def opened(max_target, phi):
    x, y = model.opening(max_target, phi)
    return {"max_target": max_target, "phi": phi, "x": x, "y": y}


class Mathematics(unittest.TestCase):
    def test_mul_div_rounds_both_ways_and_reports_what_does_not_fit(self):
        self.assertEqual(model.mul_div(7, 3, 2), {"floor": 10, "ceil": 11})
        self.assertEqual(model.mul_div(6, 3, 2), {"floor": 9, "ceil": 9})
        top = WORD - 1
        self.assertEqual(model.mul_div(top, top, top), {"floor": top, "ceil": top})
        self.assertEqual(model.mul_div(top - 1, top - 1, top - 2), {"floor": top, "ceil": None})
        self.assertEqual(model.mul_div(top, 2, 1), {"floor": None, "ceil": None})
        with self.assertRaises(Refused):
            model.mul_div(1, 1, 0)

    def test_isqrt_is_the_largest_root(self):
        self.assertEqual([model.isqrt(n)["root"] for n in (0, 1, 3, 4, 8, 9, WORD - 1)], [0, 1, 1, 2, 2, 3, 2**128 - 1])


class Curve(unittest.TestCase):
    def test_openings_by_hand(self):
        self.assertEqual(model.curve(**PLAIN), {"x0": 800_000 * WAD, "y0": 800_000 * WAD})
        three_quarters = model.curve(900 * 10**3 * WAD, 7_500)
        self.assertEqual(three_quarters, {"x0": 1_200_000 * WAD, "y0": 1_800_000 * WAD})

    def test_price_runs_over_a_factor_of_four(self):
        self.assertEqual(model.spot(**PLAIN, raised=0)["price_wad"], WAD)
        self.assertEqual(model.spot(**PLAIN, raised=PLAIN["max_target"])["price_wad"], 4 * WAD)

    def test_a_buy_by_hand(self):
        out = model.buy(**opened(**PLAIN), **FEES, tax_bps=150, offered=1_001)
        # 16 = ⌈15.015⌉ of fee, 11 = ⌈10.01⌉ of it protocol; 985 wei at a price of a little above one.
        expected = {"taken": 1_001, "net": 985, "protocol_fee": 11, "issuer_fee": 5, "surcharge": 0, "mt": 984}
        self.assertEqual({name: out[name] for name in expected}, expected)

    def test_the_surcharge_is_what_the_tax_has_above_the_fee(self):
        out = model.buy(**opened(**PLAIN), **FEES, tax_bps=9_900, offered=10_000)
        self.assertEqual((out["net"], out["protocol_fee"], out["issuer_fee"], out["surcharge"]), (100, 100, 50, 9_750))

    def test_the_buy_that_crosses_is_filled_and_then_the_launch_is_full(self):
        state = opened(**PLAIN)
        out = model.buy(**state, **FEES, tax_bps=150, offered=10**30)
        self.assertEqual(out["net"], PLAIN["max_target"])
        self.assertEqual(out["taken"], ceil(Fraction(PLAIN["max_target"] * 10_000, 9_850)))
        self.assertEqual(out["mt"], SALE)
        with self.assertRaises(Refused):
            model.buy(**{**state, "x": out["x_after"], "y": out["y_after"]}, **FEES, tax_bps=150, offered=10**30)

    def test_a_fill_takes_no_more_than_was_offered_and_its_tax_is_the_rounded_tax(self):
        rng = random.Random(1)
        for _ in range(500):
            room, tax = rng.randrange(1, 10**6), rng.randrange(0, 9_901)
            full = model.fill(room, tax)
            self.assertEqual(full - room, model.tax_of(full, tax))
            self.assertEqual(model.taken_and_net(room, tax, full), (full, room))
            self.assertEqual(model.taken_and_net(room, tax, full + rng.randrange(0, 300)), (full, room))
            self.assertLess(model.taken_and_net(room, tax, full - 1)[1], room)

    def test_walks_keep_k_and_the_sale(self):
        rng = random.Random(2)
        for phi in vectors.PHIS:
            target = rng.randrange(1_000 * WAD, 10**7 * WAD)
            state = opened(target, phi)
            start, taken, held = dict(state), 0, 0
            while state["y"] - start["y"] < target:
                offered = rng.randrange(1, target // 3)
                out = model.buy(**state, **FEES, tax_bps=rng.choice((150, 5_000, 9_900)), offered=offered)
                self.assertGreaterEqual(out["x_after"] * out["y_after"], state["x"] * state["y"])
                taken += out["taken"]
                held += out["net"] + out["protocol_fee"] + out["issuer_fee"] + out["surcharge"]
                state.update(x=out["x_after"], y=out["y_after"])
            self.assertEqual(taken, held)
            self.assertLessEqual(start["x"] - state["x"], SALE)

    def test_the_search_for_the_cheapest_buy_agrees_with_the_closed_form(self):
        rng = random.Random(3)
        for phi in vectors.PHIS:
            state = opened(rng.randrange(1_000 * WAD, 10**7 * WAD), phi)
            for tax in (150, 7_777, 9_900):
                mt = rng.randrange(1, SALE // 2)
                net = ceil(Fraction(state["y"] * mt, state["x"] - mt))
                out = model.buy_exact(**state, **FEES, tax_bps=tax, mt=mt)
                self.assertEqual(out["taken"], model.fill(net, tax))
                self.assertGreaterEqual(out["mt"], mt)

    def test_an_exact_buy_beyond_the_target_is_refused(self):
        with self.assertRaises(Refused):
            model.buy_exact(**opened(**PLAIN), **FEES, tax_bps=150, mt=SALE + 1)

    def test_the_minimum_is_pro_rated(self):
        self.assertTrue(model.minimum(taken=50, offered=100, mt=10, min_out=20)["ok"])
        self.assertFalse(model.minimum(taken=50, offered=100, mt=10, min_out=21)["ok"])

    def test_the_sniper_tax_falls_by_the_minute(self):
        passed = {0: 9_900, 59: 9_900, 60: 9_800, 5_849: 200, 5_850: 200, 5_880: 150, 10**9: 150}
        for moment, tax in passed.items():
            self.assertEqual(model.sniper_tax(100, 50, moment)["tax_bps"], tax, moment)

    def test_a_full_sale_burns_nothing(self):
        out = model.graduation(**{**opened(**PLAIN), "x": 400_000 * WAD, "y": 1_600_000 * WAD})
        self.assertEqual(out["liquidity_mt"], LIQUIDITY)
        self.assertEqual(out["burned_mt"], 0)

    def test_a_half_raise_by_hand(self):
        # R = 400,000 of 800,000 at φ = 1: y = 1,200,000, x = 8e5·8e5/1.2e6 = 533,333⅓, sold = 266,666⅔.
        state = opened(**PLAIN)
        after = model.buy(**state, protocol_bps=0, issuer_bps=0, tax_bps=0, offered=400_000 * WAD)
        out = model.graduation(**PLAIN, x=after["x_after"], y=after["y_after"])
        self.assertEqual(out["liquidity_flock"], 400_000 * WAD)
        self.assertEqual(out["liquidity_mt"] // WAD, 177_777)
        self.assertEqual(out["issuer_mt"] // WAD, 66_666)

    def test_graduations_mint_the_supply_and_open_no_lower(self):
        reached = {"cap": 0}
        for case in cases_of("curve", "graduation"):
            given, out = case
            parts = ("sold", "liquidity_mt", "issuer_mt", "platform_mt", "incentive_mt", "burned_mt")
            self.assertEqual(sum(out[part] for part in parts), SUPPLY)
            self.assertGreaterEqual(min(out.values()), 0)
            self.assertGreaterEqual(out["liquidity_flock"] * given["x"], out["liquidity_mt"] * given["y"])
            reached["cap"] += out["liquidity_flock"] * given["x"] // given["y"] > LIQUIDITY
        self.assertGreater(reached["cap"], 0)


class Locks(unittest.TestCase):
    def test_previews_by_hand(self):
        epsilon = vectors.EPSILON
        # 100·(1 + 2.19·335/365) = 100·(1 + 2.01).
        self.assertEqual(model.preview(100 * WAD, YEAR, epsilon)["gm"], 301 * WAD)
        self.assertEqual(model.preview(100 * WAD, 30 * DAY, epsilon)["gm"], 100 * WAD)
        # One second beyond thirty days: 2.19/365/86,400 = 0.006/86,400.
        self.assertEqual(model.preview(WAD, 30 * DAY + 1, epsilon)["gm"], WAD + 6 * 10**15 // 86_400)
        for period in (DAY - 1, YEAR + 1):
            with self.assertRaises(Refused):
                model.preview(WAD, period, epsilon)

    def test_an_extension_keeps_no_bonus(self):
        lock = {"amount": 100 * WAD, "gm": 301 * WAD, "unlock": DAY, "now": 0, "epsilon_wad": vectors.EPSILON}
        self.assertEqual(model.extend(**lock, new_unlock=2 * DAY)["gm"], 301 * WAD // 2)
        self.assertEqual(model.extend(**lock, new_unlock=10 * DAY)["gm"], 100 * WAD)
        self.assertEqual(model.extend(**lock, new_unlock=YEAR)["gm"], 301 * WAD)

    def test_an_increase_adds_a_preview(self):
        out = model.increase(100 * WAD, 301 * WAD, YEAR, 0, 100 * WAD, vectors.EPSILON)
        self.assertEqual(out, {"amount": 200 * WAD, "gm": 602 * WAD})

    def test_a_merge_does_not_depend_on_the_order(self):
        a, b = (5 * WAD, 6 * WAD, 40 * DAY), (7 * WAD, 9 * WAD, 90 * DAY)
        self.assertEqual(model.merge(*a, *b, 0, WAD), model.merge(*b, *a, 0, WAD))
        self.assertEqual(model.merge(*a, *b, 0, 0), {"amount": 12 * WAD, "gm": 14 * WAD, "unlock": 90 * DAY})

    def test_a_year_of_100_weighs_half_a_year_of_200(self):
        a = model.effective([{"gm": 100 * WAD, "unlock": YEAR}], 0)
        b = model.effective([{"gm": 200 * WAD, "unlock": YEAR // 2}], 0)
        self.assertEqual(a, b)
        self.assertEqual(a["e"], 100 * WAD)

    def test_the_sum_is_floored_once(self):
        half = {"gm": 1, "unlock": YEAR // 2}
        self.assertEqual(model.effective([half], 0)["e"], 0)
        self.assertEqual(model.effective([half, half], 0)["e"], 1)

    def test_the_multiplier_stays_below_two(self):
        self.assertEqual(model.multiplier(0, WAD, 1)["m_wad"], WAD)
        self.assertEqual(model.multiplier(5, WAD, 5)["m_wad"], 3 * WAD // 2)
        self.assertEqual(model.multiplier(WORD - 2, WAD, 1)["m_wad"], 2 * WAD - 1)


class Stakes(unittest.TestCase):
    def test_the_day_is_half_open(self):
        def stake_seconds(time):
            return model.seconds([{"time": time, "stake": 1}], 1)["stake_seconds"]

        self.assertEqual([stake_seconds(t) for t in (0, DAY, DAY + 1, 2 * DAY - 1, 2 * DAY)], [DAY, DAY, DAY - 1, 1, 0])

    def test_half_a_day_is_half_the_average(self):
        history = [{"time": DAY, "stake": 10}, {"time": DAY + DAY // 2, "stake": 0}]
        self.assertEqual(model.seconds(history, 1), {"stake_seconds": 5 * DAY, "average": 5})

    def test_it_is_the_sum_over_the_seconds(self):
        rng = random.Random(4)
        times = sorted(rng.randrange(DAY - 1_000, 2 * DAY + 1_000) for _ in range(9))
        history = [{"time": time, "stake": rng.randrange(100)} for time in times]
        total = 0
        for second in range(DAY, 2 * DAY):
            before = [change["stake"] for change in history if change["time"] <= second]
            total += before[-1] if before else 0
        self.assertEqual(model.seconds(history, 1)["stake_seconds"], total)


class Registries(unittest.TestCase):
    def test_a_stake_and_a_lock_count_from_their_second_on(self):
        midnight = 20_000 * DAY
        steps = [
            {"time": midnight + DAY // 2, "who": 0, "stake": 10},
            {"time": midnight + DAY // 2, "who": 1, "lock": 365, "period": YEAR, "number": 1},
            {"time": midnight + DAY, "who": 0, "request": 4},
        ]
        lock_from = midnight + DAY // 2
        said = model.registry(2, steps, 0, [19_999, 20_000, 20_001], [lock_from, lock_from + 1, lock_from + DAY])
        self.assertEqual(said["seconds"], [[0, 10 * DAY // 2, 6 * DAY], [0, 0, 0]])
        self.assertEqual(said["effective"], [[0, 0, 0], [0, 364, 364]])

    def test_the_histories_do_everything(self):
        steps = [step for given, _ in cases_of("registry", "registry") for step in given["steps"]]
        kinds = ("stake", "request", "lock", "added", "unlock", "other")
        for kind in kinds:
            self.assertGreater(sum(kind in step for step in steps), 10, kind)
        self.assertGreater(sum(not any(kind in step for kind in kinds) for step in steps), 5, "withdrawals")


class Waterfall(unittest.TestCase):
    def test_the_treasury_takes_the_remainder(self):
        out = model.split(201, 100, 9_000, [3_000, 3_000, 3_000, 1_000])
        self.assertEqual(out, {"compute": 100, "flock": 30, "treasury": 31, "mt": 30, "issuer": 10})

    def test_compute_is_at_most_its_limit(self):
        shares = [3_000, 3_000, 3_000, 1_000]
        self.assertEqual(model.split(11, 9, 9_000, shares)["compute"], 9)
        with self.assertRaises(Refused):
            model.split(11, 10, 9_000, shares)

    def test_the_buckets_sum_to_gross(self):
        for given, out in cases_of("waterfall", "split"):
            self.assertEqual(sum(out.values()), given["gross"])

    def test_caps_and_minimums_by_hand(self):
        self.assertEqual(model.cap(100, 50, 20_000)["amount"], 50)
        self.assertEqual(model.cap(100, 150, 19_999)["amount"], 99)
        self.assertEqual(model.min_out(10_000, [30])["min_out"], 9_670)
        self.assertEqual(model.min_out(10_000, [30, 100])["min_out"], 9_574)


class Scores(unittest.TestCase):
    def shares(self, alpha, stake, doubled):
        """What Alice and Bob get of 100, in hundredths."""
        rest = {"spend": 50, "total_stake": 100, "effective": 0, "lambda_wad": WAD, "half": 1, "alpha": alpha}
        alice, bob = model.scores(stake=stake, **rest), model.scores(stake=0, **rest)
        factor = 2 if doubled else 1
        paid = model.payouts(100 * WAD, [alice["g"], factor * bob["g"]])["payouts"]
        reserved = model.payouts(100 * WAD, [alice["h"], factor * bob["h"]])
        self.assertEqual(reserved, {"payouts": [100 * WAD, 0], "remainder": 0})
        return alice["f"], [round(Fraction(part, WAD // 100)) for part in paid]

    def test_the_table_of_the_specification(self):
        nine, five = 9 * WAD // 10, WAD // 2
        self.assertEqual(self.shares(nine, 100, False), (WAD, [5_263, 4_737]))
        self.assertEqual(self.shares(five, 100, False), (WAD, [6_667, 3_333]))
        self.assertEqual(self.shares(nine, 100, True), (WAD, [3_571, 6_429]))
        self.assertEqual(self.shares(five, 100, True), (WAD, [5_000, 5_000]))
        for alpha, factor, paid in ((nine, 93_162, [5_086, 4_914]), (five, 65_811, [5_683, 4_317])):
            f, hundredths = self.shares(alpha, 10, False)
            self.assertEqual(round(Fraction(f, WAD // 10**5)), factor)
            self.assertEqual(hundredths, paid)

    def test_alpha_falls_and_stays(self):
        values = [model.alpha(9, 5, index, 4)["alpha"] for index in range(6)]
        self.assertEqual(values, [9, 8, 7, 5, 5, 5])

    def test_splitting_an_account_never_raises_its_score(self):
        rng = random.Random(5)
        for _ in range(500):
            parts = [[rng.randrange(top) for top in (10**9, 10**20, 10**24)] for _ in range(2)]
            rest = {"total_stake": 3 * 10**20, "lambda_wad": WAD, "half": 10**23, "alpha": rng.randrange(1, WAD + 1)}

            def score(spend, stake, effective):
                return model.scores(spend=spend, stake=stake, effective=effective, **rest)

            split = [score(*part) for part in parts]
            whole = score(*map(sum, zip(*parts)))
            for name in ("g", "h"):
                self.assertGreaterEqual(whole[name], split[0][name] + split[1][name])

    def test_payouts_leave_less_than_a_wei_a_row(self):
        for given, out in cases_of("score", "payouts"):
            self.assertEqual(sum(out["payouts"]) + out["remainder"], given["pool"])
            self.assertLess(out["remainder"], max(sum(score > 0 for score in given["scores"]), 1))


class Emission(unittest.TestCase):
    def test_decay_by_iterated_floors(self):
        # 999 → 899.1 → 809.1 → 728.1; a power of 0.9 would give 809 and 728 too, but 999·0.9⁴ = 655.4 against 655.2.
        amounts = [model.phase(5, 9, 999, 1_000, 2, epoch)["scheduled"] for epoch in range(4, 16)]
        self.assertEqual(amounts, [0, 999, 999, 899, 899, 809, 809, 728, 728, 655, 655, 655])
        self.assertEqual(model.phase_pool(5, 9, 999, 1_000, 2, 5, 998)["pool"], 998)

    def test_a_declining_tranche_by_hand(self):
        self.assertEqual(model.tranche_run(600, 3, True, [True] * 6), {"pools": [300, 200, 100, 0, 0, 0], "left": 0})
        # Nobody on the first two days: the third may only double its 100·2, and the tail pays 600/3 a day.
        late = model.tranche_run(600, 3, True, [False, False, True, True, True, True])
        self.assertEqual(late, {"pools": [300, 400, 200, 200, 200, 0], "left": 0})
        self.assertEqual(model.tranche_run(600, 3, True, [False] * 6)["left"], 600)

    def test_a_level_tranche_by_hand(self):
        self.assertEqual(model.tranche_run(600, 3, False, [True] * 6)["pools"], [200, 200, 200, 0, 0, 0])
        late = model.tranche_run(600, 3, False, [False, True, True, True, True, True])
        self.assertEqual(late["pools"], [200, 300, 300, 0, 0, 0])

    def test_runs_conserve_the_funding_and_never_more_than_double_a_day(self):
        for given, out in cases_of("emission", "tranche_run"):
            paid = sum(pool for pool, pays in zip(out["pools"], given["paid"]) if pays)
            self.assertEqual(paid + out["left"], given["funded"])
            for day, pool in enumerate(out["pools"][: given["days"]]):
                once = model.scheduled(given["funded"], given["days"], given["declining"], day)["scheduled"]
                self.assertLessEqual(pool, 2 * once)


class Vesting(unittest.TestCase):
    def test_a_quarter_is_there_at_the_cliff(self):
        def vested(now):
            return model.vested(365 * WAD, 1_000, 90 * DAY, YEAR, now)["vested"]

        self.assertEqual(vested(1_000 + 90 * DAY - 1), 0)
        self.assertEqual(vested(1_000 + 90 * DAY), 90 * WAD)
        self.assertEqual(vested(1_000 + YEAR - 1), 365 * WAD - ceil(Fraction(365 * WAD, YEAR)))
        self.assertEqual(vested(1_000 + YEAR), 365 * WAD)
        self.assertEqual(vested(1_000 + 10 * YEAR), 365 * WAD)


def decoded(value):
    """What a vector says, as integers again."""
    if isinstance(value, str):
        return int(value)
    if isinstance(value, dict):
        return {name: decoded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [decoded(part) for part in value]
    return value


def all_cases(name):
    return json.loads((vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def cases_of(name, function):
    """The accepted cases of one function, as integers."""
    found = [case for case in all_cases(name) if case["f"] == function and case["out"] is not None]
    return [(decoded(case["in"]), decoded(case["out"])) for case in found]


class Vectors(unittest.TestCase):
    def test_the_files_are_what_the_model_gives(self):
        self.assertEqual(vectors.stale(), [])

    def test_the_files_stay_small(self):
        self.assertLess(sum(path.stat().st_size for path in vectors.FOLDER.glob("*.json")), 1_600_000)

    def test_all_numbers_are_strings(self):
        def refuse_number(text):
            raise AssertionError(f"a bare number: {text}")

        for name in vectors.FILES:
            text = (vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8")
            json.loads(text, parse_int=refuse_number, parse_float=refuse_number)

    def test_no_integer_is_beyond_256_bits(self):
        def check(value):
            if isinstance(value, dict):
                value = list(value.values())
            if isinstance(value, list):
                for part in value:
                    check(part)
            elif isinstance(value, int):
                self.assertTrue(0 <= value < WORD)

        for name in vectors.FILES:
            for case in all_cases(name):
                check([decoded(case["in"]), decoded(case["out"])])

    def test_an_open_input_stops_the_generator(self):
        with self.assertRaises(Open):
            vectors.Cases(0).add("curve", max_target=1, phi=10_000)

    def test_the_vectors_reach_both_sides_of_every_branch(self):
        buys = cases_of("curve", "buy")

        def left(given, out):
            return given["max_target"] - (out["y_after"] - model.opening(given["max_target"], given["phi"])[1])

        locks = cases_of("lock", "extend")
        tranches = cases_of("emission", "tranche_pool")
        reached = {
            "a fill for nothing": [out for _, out in buys if out["mt"] == 0],
            "a fill below the offer": [out for given, out in buys if out["taken"] < given["offered"]],
            "exactly T_max": [out for given, out in buys if left(given, out) == 0 and out["taken"] == given["offered"]],
            "a wei short of T_max": [out for given, out in buys if left(given, out) == 1],
            "a surcharge": [out for _, out in buys if out["surcharge"]],
            "more MT than asked": [1 for given, out in cases_of("curve", "buy_exact") if out["mt"] > given["mt"]],
            "as much MT as asked": [1 for given, out in cases_of("curve", "buy_exact") if out["mt"] == given["mt"]],
            "a walk with a refusal": [1 for _, out in cases_of("curve", "walk") if None in out["steps"]],
            "a walk without": [1 for _, out in cases_of("curve", "walk") if None not in out["steps"]],
            "a minimum met": [1 for _, out in cases_of("curve", "minimum") if out["ok"]],
            "a minimum missed": [1 for _, out in cases_of("curve", "minimum") if not out["ok"]],
            "an extension that keeps its weight": [1 for given, out in locks if out["gm"] > self.anew(given)],
            "an extension by a new preview": [1 for given, out in locks if out["gm"] == self.anew(given)],
            "a doubled day": [1 for given, out in tranches if self.doubled(given, out)],
            "a day in the tail": [1 for given, out in tranches if given["day"] >= given["days"] and out["pool"]],
            "a dead tranche": [1 for given, _ in tranches if given["day"] >= 2 * given["days"]],
        }
        for what, cases in reached.items():
            self.assertTrue(cases, what)

    def anew(self, given):
        return model.preview(given["amount"], given["new_unlock"] - given["now"], given["epsilon_wad"])["gm"]

    def doubled(self, given, out):
        if given["day"] >= given["days"]:
            return False
        shape = {name: given[name] for name in ("funded", "days", "declining", "day")}
        return 0 < out["pool"] == 2 * model.scheduled(**shape)["scheduled"]


if __name__ == "__main__":
    unittest.main()
