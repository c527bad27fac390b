"""Recomputes a distributor's epochs with the independent model, from its events and what the stake registry said.

Reads one JSON object from standard input: `events` in their order, each with its name and fields; `registry`, by epoch and token, with
the total and each account's stake-seconds and effective balance; `multipliers`, by epoch, with λ and H; `models`, by model id, with the key
of its parameter; `rewards`, by token and account, with the FLOCK and MT that the chain says were accrued. Numbers are decimal strings. Exits 1
where the chain says anything else, to the wei.
"""

import json
import sys
from collections import defaultdict

import model


def at(history, epoch):
    """The value of a checkpoint list at an epoch, or nothing."""
    values = [value for start, value in history if start <= epoch]
    return values[-1] if values else None


def cut(value, low, bits):
    return value >> low & (1 << bits) - 1


def numbered(name, number):
    return "0x" + name.encode().hex() + "00" * 27 + f"{number:02x}"


class Stream:
    def __init__(self, funded, days, declining, start):
        self.funded, self.days, self.declining, self.start = funded, days, declining, start
        self.left, self.day = funded, 0

    def pay(self, epoch, anyone):
        """What a sealed, supported day pays, and what it leaves over if it is the last."""
        if epoch < self.start or self.left == 0:
            return 0, 0
        pool = model.tranche_pool(self.funded, self.days, self.declining, self.day, self.left)["pool"] if anyone else 0
        self.left -= pool
        self.day += 1
        over = 0
        if self.day >= 2 * self.days:
            over, self.left = self.left, 0
        return pool, over


class Distributor:
    def __init__(self, dump):
        self.dump = dump
        self.parameters = defaultdict(list)
        self.supported = {}
        self.rewards_of_mt, self.reserved = {}, {}
        self.funded, self.paid, self.joined = defaultdict(list), defaultdict(int), defaultdict(int)
        self.reports, self.rows, self.days = defaultdict(list), {}, {}
        self.accrued = defaultdict(lambda: [0, 0])

    # Events -----------------------------------------------------------------------------------------------------------

    def read(self, event):
        getattr(self, event["event"], lambda event: None)(event)

    def ParameterSet(self, event):
        self.parameters[event["key"]].append((int(event["epoch"]), int(event["value"])))

    def SupportedSet(self, event):
        self.supported.setdefault(event["mt"], []).append((int(event["epoch"]), event["supported"]))

    def MtRewardFunded(self, event):
        self.rewards_of_mt[event["mt"]] = Stream(int(event["amount"]), int(event["numDays"]), True, int(event["epoch"]))

    def ReservedFunded(self, event):
        stream = Stream(int(event["funded"]), int(event["numDays"]), not event["level"], int(event["epoch"]))
        self.reserved[event["mt"], event["index"]] = stream

    def PhaseFunded(self, event):
        self.funded[int(event["phase"])].append((int(event["epoch"]), int(event["funded"])))

    def BatchReported(self, event):
        self.reports[int(event["epoch"])].append(event)

    def ReportVoided(self, event):
        self.reports.pop(int(event["epoch"]), None)

    def TokenSealed(self, event):
        names = ("spend", "rows", "globalScore", "incentiveScore", "globalPool", "reservedPool", "mtPool")
        self.days[int(event["epoch"]), event["mt"]] = [int(event[name]) for name in names]

    def BatchAccrued(self, event):
        flock = mt = 0
        for account, of_flock, of_mt in self.rows[int(event["epoch"]), int(event["index"])]:
            rewards = self.accrued[event["mt"], account]
            rewards[0] += of_flock
            rewards[1] += of_mt
            flock += of_flock
            mt += of_mt
        self.agree((flock, mt), (int(event["flock"]), int(event["mtReward"])), "a batch")

    # Days -------------------------------------------------------------------------------------------------------------

    def season(self, epoch):
        number = 1
        while True:
            following = at(self.parameters[numbered("SEAS", number + 1)], epoch)
            if following is None or cut(following, 160, 32) > epoch:
                break
            number += 1
        value = at(self.parameters[numbered("SEAS", number)], epoch)
        index = max(epoch - cut(value, 160, 32), 0)
        return number, model.alpha(cut(value, 64, 64), cut(value, 0, 64), index, cut(value, 128, 32))["alpha"]

    def token(self, number, key, epoch):
        value = int(key, 16)
        if number > 1:
            value = at(self.parameters[self.dump["models"][key]], epoch) or 0
        mt = f"0x{value:040x}"
        return mt if mt in self.supported and at(self.supported[mt], epoch) else None

    def phases(self, epoch):
        pools = []
        for number in range(1, 9):
            value = at(self.parameters[numbered("PHAS", number)], epoch)
            if value is None:
                break
            # Where nothing decays it does not matter how often.
            every = max(cut(value, 112, 16), 1)
            scheduled = model.phase(
                cut(value, 160, 32), cut(value, 128, 32), cut(value, 0, 96), cut(value, 96, 16), every, epoch
            )["scheduled"]
            uncommitted = (at(self.funded[number], epoch) or 0) + self.joined[number] - self.paid[number]
            pools.append((number, min(scheduled, uncommitted)))
        return pools

    def score(self, epoch, mt, batch, alpha):
        """Account, spend and both scores of each row."""
        said = self.dump["registry"][f"{epoch}:{mt}"]
        slope, half = (int(value) for value in self.dump["multipliers"][str(epoch)])
        raw, spends = bytes.fromhex(batch["rows"][2:]), bytes.fromhex(batch["spends"][2:])
        rows = []
        for index in range(len(spends) // 6):
            account = "0x" + raw[48 * index : 48 * index + 20].hex()
            spend = int.from_bytes(spends[6 * index : 6 * index + 6], "big")
            stake, effective = (int(value) for value in said["accounts"][account])
            both = model.scores(spend, stake, int(said["total"]), effective, slope, half, alpha)
            published = raw[48 * index + 20 : 48 * index + 48]
            told = int.from_bytes(published[:14], "big"), int.from_bytes(published[14:], "big")
            self.agree((both["g"], both["h"]), told, f"the scores of {account} in {epoch}")
            rows.append((account, spend, both["g"], both["h"]))
        return rows

    def EpochSealed(self, event):
        epoch = int(event["epoch"])
        number, alpha = self.season(epoch)
        rows = defaultdict(list)
        for batch in self.reports[epoch]:
            mt = self.token(number, batch["key"], epoch)
            if mt:
                scored = self.score(epoch, mt, batch, alpha)
                rows[mt] += [(int(batch["index"]), *row) for row in scored]
        pools = self.phases(epoch)
        pool = sum(part for _, part in pools)
        eligible = sum(row[2] for of_mt in rows.values() for row in of_mt)
        committed = joined = 0
        for mt in (mt for mt, history in self.supported.items() if at(history, epoch)):
            part, over = self.seal(epoch, mt, rows[mt], pool, eligible)
            committed += part
            joined += over
        told = tuple(int(event[name]) for name in ("globalPool", "committed", "joined"))
        self.agree((pool, committed, joined), told, f"epoch {epoch}")
        for number, part in pools:
            self.paid[number] += min(part, committed)
            committed -= min(part, committed)
        self.joined[pools[-1][0] if pools else 1] += joined

    def seal(self, epoch, mt, rows, pool, eligible):
        spend, g, h = (sum(row[index] for row in rows) for index in (2, 3, 4))
        part = model.global_part(pool, spend, eligible)["amount"] if g else 0
        reserved = over = reward = 0
        for (token, _), stream in self.reserved.items():
            if token == mt:
                paid, left = stream.pay(epoch, h > 0)
                reserved, over = reserved + paid, over + left
        if mt in self.rewards_of_mt:
            reward, _ = self.rewards_of_mt[mt].pay(epoch, h > 0)
        if rows:
            self.agree([spend, len(rows), g, h, part, reserved, reward], self.days[epoch, mt], f"{mt} in {epoch}")
            share = lambda pool, scores: model.payouts(pool, scores)["payouts"] if any(scores) else [0] * len(rows)
            of_global = share(part, [row[3] for row in rows])
            of_reserved, of_mt = (share(pool, [row[4] for row in rows]) for pool in (reserved, reward))
            for row, a, b, c in zip(rows, of_global, of_reserved, of_mt):
                self.rows.setdefault((epoch, row[0]), []).append((row[1], a + b, c))
        return part, over

    def agree(self, ours, theirs, what):
        if ours != theirs:
            sys.exit(f"{what}: the model says {ours}, the chain {theirs}")


def main():
    dump = json.load(sys.stdin)
    distributor = Distributor(dump)
    for event in dump["events"]:
        distributor.read(event)
    told = {tuple(key.split(":")): [int(amount) for amount in amounts] for key, amounts in dump["rewards"].items()}
    distributor.agree({key: value for key, value in distributor.accrued.items() if any(value)}, told, "all rewards")
    sealed = sum(event["event"] == "EpochSealed" for event in dump["events"])
    print(f"{sealed} epochs, {len(told)} rewards: the model agrees")


if __name__ == "__main__":
    main()
