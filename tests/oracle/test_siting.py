"""Siting against every choice one by one, and against another program's models: the same objective each time."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from servicecircle.arrays import Floats
from servicecircle.siting.covering import greedy, value_of
from servicecircle.siting.mobile import Rota, Round, lay_out, solve_round
from servicecircle.siting.models import Instance, Model, covering_needs, in_order, lscp, mclp, pcentre, pmedian, worst_s
from servicecircle.siting.pairing import assign

WORK = 10_000
LIMIT, HORIZON = 900.0, 7200.0
CASES = 200


def instances(count: int, seed: int = 11) -> Iterator[tuple[Instance, int]]:
    """Small questions with ties, unreachable homes, homes of nobody, and places that serve some already."""
    draw = np.random.default_rng(seed)
    for _ in range(count):
        n, homes = int(draw.integers(1, 13)), int(draw.integers(1, 25))
        seconds = draw.integers(0, 60, (n, homes)) * 30.0
        seconds[draw.random((n, homes)) < 0.2] = np.inf
        base = draw.integers(10, 80, homes) * 30.0
        base[draw.random(homes) < 0.3] = np.inf
        people = draw.integers(0, 50, homes) * float(draw.choice([1.0, 0.37]))
        yield Instance(seconds, base, people, LIMIT, HORIZON), min(int(draw.integers(1, n + 1)), 4)


def choices(given: Instance, p: int) -> tuple[list[tuple[int, ...]], Floats]:
    """Every choice of p, and the seconds of each home with it."""
    sets = list(itertools.combinations(range(given.n), p))
    picked = np.array(sets, dtype=np.int64).reshape(len(sets), p)
    after = np.minimum(given.seconds[picked].min(axis=1, initial=np.inf), given.base_s)
    return sets, after


def test_every_model_is_as_good_as_the_best_choice(capfd: pytest.CaptureFixture[str]) -> None:
    for given, p in instances(CASES):
        sets, after = choices(given, p)
        new = given.base_s > LIMIT
        covered = ((after <= LIMIT) & new) @ given.people
        found = mclp(given, p, WORK)
        assert found.proven
        assert found.value == pytest.approx(covered.max(), abs=1e-7)
        assert covered[sets.index(found.chosen)] == pytest.approx(found.value, abs=1e-7)

        saved = (np.minimum(given.base_s, HORIZON) - np.minimum(after, HORIZON)) @ given.people
        found = pmedian(given, p, WORK)
        assert found.proven
        assert found.value == pytest.approx(saved.max(), abs=1e-5)
        assert saved[sets.index(found.chosen)] == pytest.approx(found.value, abs=1e-5)

        asked = (given.people > 0) & np.isfinite(given.after(tuple(range(given.n))))
        worst = after[:, asked].max(axis=1, initial=0.0)
        found = pcentre(given, p, WORK)
        assert found.proven
        assert found.value == worst.min() == worst_s(given, found.chosen)
        # beside the longest walk it covers most people
        best = covered[worst == worst.min()].max()
        assert covered[sets.index(found.chosen)] == pytest.approx(best, abs=1e-7)

        wanted = given.wanting() & ~given.hopeless()
        found = lscp(given, WORK)
        assert found.proven
        assert (given.after(found.chosen)[wanted] <= LIMIT).all()
        if found.chosen:
            _, fewer = choices(given, len(found.chosen) - 1)
            assert not (fewer[:, wanted] <= LIMIT).all(axis=1).any()
    printed = capfd.readouterr()
    assert printed.out == printed.err == "", "the solver writes into our answers"


def test_greedy_is_within_its_bound_and_never_better() -> None:
    for given, p in instances(CASES, seed=12):
        needs = covering_needs(given, LIMIT)
        _, after = choices(given, p)
        best = (((after <= LIMIT) & (given.base_s > LIMIT)) @ given.people).max()
        reached = value_of(needs, greedy(needs, p))
        assert (1 - 1 / np.e) * best - 1e-7 <= reached <= best + 1e-7


def test_no_exchange_for_a_lower_number_is_as_good() -> None:
    for given, p in instances(60, seed=13):
        found = mclp(given, p, WORK)
        needs = covering_needs(given, LIMIT)
        for out in found.chosen:
            rest = tuple(j for j in found.chosen if j != out)
            for lower in (j for j in range(out) if j not in found.chosen):
                assert value_of(needs, (*rest, lower)) < found.value


def test_homes_in_another_order_give_the_same_sites() -> None:
    draw = np.random.default_rng(14)
    for given, p in instances(6, seed=14):
        order = draw.permutation(len(given.people))
        turned = Instance(given.seconds[:, order], given.base_s[order], given.people[order], LIMIT, HORIZON)
        for solve in (mclp, pmedian, pcentre):
            assert solve(turned, p, WORK).chosen == solve(given, p, WORK).chosen
        chosen = mclp(given, p, WORK).chosen
        for model in Model:
            assert sorted(in_order(given, model, chosen)) == list(chosen)


def test_another_program_finds_the_same_objectives() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pulp = pytest.importorskip("pulp")
        locate = pytest.importorskip("spopt.locate")
        solver = pulp.PULP_CBC_CMD(msg=False)
        for given, p in itertools.islice(instances(40, seed=15), 4):
            if p == given.n:
                continue
            # what is there already is one more facility, locked; unreachable is far away
            seconds = np.minimum(np.vstack([given.base_s, given.seconds]).T, HORIZON)
            locked = np.r_[1, np.zeros(given.n, dtype=int)]
            there = float(given.people[given.base_s <= LIMIT].sum())
            peer = locate.MCLP.from_cost_matrix(seconds, given.people, LIMIT, p + 1, locked).solve(solver)
            assert peer.problem.objective.value() - there == pytest.approx(mclp(given, p, WORK).value, abs=1e-6)
            peer = locate.PMedian.from_cost_matrix(seconds, given.people, p + 1, locked).solve(solver)
            before = float(given.people @ np.minimum(given.base_s, HORIZON))
            assert before - peer.problem.objective.value() == pytest.approx(pmedian(given, p, WORK).value, abs=1e-3)
            asked = (given.people > 0) & np.isfinite(given.after(tuple(range(given.n))))
            ours = pcentre(given, p, WORK).value
            if asked.any() and np.isfinite(ours):
                peer = locate.PCenter.from_cost_matrix(seconds[asked], p + 1, locked).solve(solver)
                assert peer.problem.objective.value() == pytest.approx(ours, abs=1e-6)
            open_ = given.wanting() & ~given.hopeless()
            if open_.any():
                peer = locate.LSCP.from_cost_matrix(seconds[open_], LIMIT, locked).solve(solver)
                assert peer.problem.objective.value() - 1 == len(lscp(given, WORK).chosen)


def rounds(count: int) -> Iterator[Round]:
    draw = np.random.default_rng(16)
    for _ in range(count):
        rooms, areas = int(draw.integers(1, 4)), int(draw.integers(1, 5))
        yield Round(
            draw.random((rooms, areas)) < 0.6,
            draw.integers(1, 100, areas) * 1.0,
            draw.integers(1, 60, areas) * 1.0,
            draw.integers(20, 60, rooms) * 1.0,
            int(draw.integers(1, 3)),
            int(draw.integers(1, 4)),
        )


def test_a_round_of_classes_serves_as_many_as_any() -> None:
    for asked in rounds(30):
        rota = solve_round(asked, WORK)
        assert rota.proven
        assert rota.value == pytest.approx(_best_round(asked), abs=1e-6)
        _check_round(asked, rota)


def _best_round(asked: Round) -> float:
    """Try every number of classes a room and every set of neighbourhoods: Hall's condition says who finds seats."""
    rooms, areas = asked.reached.shape
    best = 0.0
    for held in itertools.product(range(asked.weeks + 1), repeat=rooms):
        if sum(held) > asked.at_once * asked.weeks:
            continue
        room = np.array(held) * asked.seats
        full = [
            part
            for size in range(1, areas + 1)
            for part in itertools.combinations(range(areas), size)
            if asked.guests[list(part)].sum() > room[asked.reached[:, list(part)].any(axis=1)].sum() + 1e-9
        ]
        for size in range(areas, 0, -1):
            for who in itertools.combinations(range(areas), size):
                worth = float(asked.worth[list(who)].sum())
                if worth > best and not any(set(part) <= set(who) for part in full):
                    best = worth
    return best


def _check_round(asked: Round, rota: Rota) -> None:
    """Nobody without a seat, no seat without a class, no room twice a week; once in every round, week by week."""
    assert (rota.seats.sum(axis=1) <= rota.classes * asked.seats + 1e-4).all()
    assert (rota.seats.sum(axis=0)[rota.served] >= asked.guests[rota.served] - 1e-4).all()
    assert (rota.seats[~asked.reached] == 0).all()
    weeks = lay_out(rota.classes, asked.at_once, asked.weeks, 3 * asked.weeks)
    assert (weeks.groupby("week").size() <= asked.at_once).all()
    assert not weeks.duplicated().any()
    for first in range(1, 2 * asked.weeks + 1):
        held = weeks[weeks["week"].between(first, first + asked.weeks - 1)].groupby("room").size()
        assert held.reindex(range(len(rota.classes)), fill_value=0).tolist() == rota.classes.tolist()


def test_pairs_are_as_many_and_as_short_as_any() -> None:
    draw = np.random.default_rng(17)
    for _ in range(200):
        schools, bases = int(draw.integers(1, 5)), int(draw.integers(1, 4))
        seconds = draw.integers(1, 30, (schools, bases)) * 10.0
        seconds[draw.random((schools, bases)) < 0.3] = np.inf
        limit = draw.integers(0, 3, bases)
        found = assign(seconds, limit)
        every = []
        for at in itertools.product(range(-1, bases), repeat=schools):
            walks = [seconds[k, j] for k, j in enumerate(at) if j >= 0]
            counts = np.bincount([j for j in at if j >= 0], minlength=bases)
            if np.isfinite(walks).all() and (counts <= limit).all():
                every.append((-len(walks), sum(walks)))
        walks = [seconds[k, j] for k, j in enumerate(found) if j >= 0]
        assert (np.bincount(found[found >= 0], minlength=bases) <= limit).all()
        assert (-len(walks), sum(walks)) == min(every)
