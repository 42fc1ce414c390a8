"""A batch on a Ray cluster of two nodes, one of which is lost: `python -m tests.two_nodes IN OUT`.

Prints one JSON line: the pages in OUT when the node was killed, how many processes were reading on
it then, and how many nodes were left.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from crnn.batch.aftermath import Summary, conclude
from crnn.batch.crew import Crew
from crnn.batch.ledger import Ledger, plan_digest
from crnn.batch.listing import Listing
from crnn.batch.progress import Progress
from crnn.batch.ray import Cluster
from crnn.batch.run import Run, Wishes
from tests.bench.processes import tree
from tests.plans import Widths

KILL_AFTER, PATIENCE_S = 4, 150
NODE = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_log_monitor": False}
AGENT_PORTS = (
    "metrics_agent_port",
    "metrics_export_port",
    "dashboard_agent_listen_port",
    "runtime_env_agent_port",
)
HEAD = NODE | {"include_dashboard": False, "no_monitor": True}


def main(papers: str, out: Path) -> None:
    """Start two nodes, read, and kill the second in the middle."""
    from crnn.batch import ray as engine_of_ray

    engine_of_ray.keep_to_itself()
    os.environ |= {"RAY_agent_register_timeout_ms": "120000"}  # a busy machine starts slowly
    import ray
    from ray.cluster_utils import Cluster as Machines

    be_patient()
    machines = Machines(initialize_head=True, head_node_args=HEAD | free_ports())
    second = machines.add_node(**NODE, **free_ports())
    gate = out.with_name("gate")  # no page is read before the second node can read one
    plan = Widths(pause_s=0.4, gate=str(gate))
    listing, told = Listing.of([papers], out), {}
    with (
        closing(Cluster(plan, machines.address, 2, 400.0)) as engine,
        closing(Crew(None, 1, 60.0)) as crew,
        closing(Ledger(out, plan.about)) as ledger,
    ):

        def kill() -> None:
            deadline = time.monotonic() + PATIENCE_S
            while lines(ledger) < KILL_AFTER or not readers(second):
                if readers(second):
                    gate.touch()
                if time.monotonic() > deadline:
                    gate.touch()
                    return
                time.sleep(0.02)
            told.update(pages=lines(ledger), readers=readers(second))
            machines.remove_node(second, allow_graceful=False)

        killer = threading.Thread(target=kill)
        killer.start()
        wishes = Wishes(plan_digest(plan.about), ("csv",))
        Run(ledger, listing, crew, wishes, Progress(listing, shows=False)).go(engine)
        conclude(ledger, Summary(review_under=0.5))
        killer.join()
        deadline = time.monotonic() + PATIENCE_S  # a busy head learns late of a node that is gone
        while alive(ray) > 1 and "pages" in told and time.monotonic() < deadline:
            time.sleep(0.2)
        told["nodes"] = alive(ray)
    machines.shutdown()
    print(json.dumps(told))


def free_ports() -> dict[str, int]:
    """Ports for a node's agents: Ray waits but 15 seconds for agents that choose their own."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in AGENT_PORTS]
        for one in sockets:
            one.bind(("", 0))
        return dict(zip(AGENT_PORTS, (one.getsockname()[1] for one in sockets), strict=True))


def be_patient() -> None:
    """Let a node take its time on a busy machine: Ray gives it 30 seconds, and its agents 15.

    An agent tells its ports by files; they are written before it starts, and it writes them again.
    """
    from ray._private import services

    asked, started = services.get_node, services.start_raylet

    def patient(*where: object) -> object:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return asked(*where)
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise

    def known(*what: Any, **more: Any) -> object:
        node_id, session = what[2], Path(what[11])
        for name in AGENT_PORTS:
            port = -1 if name.startswith("metrics") else more[name]
            (session / f"{name}_{node_id}").write_text(str(port))
        return started(*what, **more)

    services.get_node, services.start_raylet = patient, known


def alive(ray: Any) -> int:
    """Nodes that the head of the cluster takes for alive."""
    return sum(node["Alive"] for node in ray.nodes())


def lines(ledger: Ledger) -> int:
    """Pages that are done."""
    return ledger.manifest.read_bytes().count(b'"end"')


def readers(node) -> int:
    """Processes below a node that read pages."""
    raylet = node.all_processes["raylet"][0].process.pid
    found = (Path(f"/proc/{pid}/cmdline") for pid in tree(raylet))
    return sum(b"crnn.batch.worker" in path.read_bytes() for path in found if path.exists())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
