"""More than one machine: the simulation on a Dask cluster, one of whose workers dies."""

import os
import signal
import time

import numpy as np
import pytest
from distributed import Client, LocalCluster

from lib.codes import simulate

SIZES = dict(n_networks=12, n_categories=5, n_levels=6, n_units=20, n_layers=4, seed=3)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Two workers, each a process with one thread, reached on this machine only."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port
            worker_dashboard_address="127.0.0.1:0",
            local_directory=tmp_path_factory.mktemp("workers"),
            silence_logs="CRITICAL",  # a worker's death is reported at length
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def wait_until(condition, seconds=20):
    for _ in range(100 * seconds):
        if condition():
            return
        time.sleep(0.01)
    raise TimeoutError


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True


def equal_to_the_bit(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def test_a_cluster_gives_the_same_numbers_to_the_bit(client):
    pids = set(client.run(os.getpid).values())
    assert len(pids | {os.getpid()}) == 3
    assert equal_to_the_bit(simulate(**SIZES), simulate(**SIZES, map=client.get_executor().map))


def test_a_worker_that_dies_in_the_middle_of_a_job_changes_nothing(client, tmp_path):
    """All jobs but the first wait for the death, so that a worker dies with one in its hands."""
    executor = client.get_executor(pure=False)
    victim = min(client.run(os.getpid).values())
    dead = tmp_path / "dead"

    def started():
        """The numbers of the jobs that were begun, each with the worker's process."""
        return {tuple(map(int, path.name.split("-"))) for path in tmp_path.glob("*-*")}

    def map_with_a_death(function, jobs):
        def held(number_and_job):
            number, job = number_and_job
            (tmp_path / f"{number}-{os.getpid()}").touch()
            wait_until(lambda: number == 0 or dead.exists())
            return function(job)

        results = executor.map(held, list(enumerate(jobs)))
        yield next(results)
        wait_until(lambda: len(started()) == 3)  # the first, and one in the hands of each worker
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: gone(victim))
        dead.touch()
        yield from results

    result = simulate(**SIZES, map=map_with_a_death)
    [lost] = [number for number, pid in started() if pid == victim and number > 0]
    assert len([number for number, _ in started() if number == lost]) == 2
    assert equal_to_the_bit(result, simulate(**SIZES))
