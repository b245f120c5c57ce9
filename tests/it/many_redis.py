# SPDX-License-Identifier: MIT
"""More than one Redis, at an address of the test's own: a cluster with every
slot on one of three masters, and a master with its replica under
sentinels.  Each stands where system.redis stands, so that what reads the
board reads it wherever it is just now."""
import pathlib

import redis

from loopback import own_host, own_port
from system import PREFIX, Process, redis_server, texts, wait_until

KEY = PREFIX + "meta"
AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError,
        redis.exceptions.ResponseError)
TILT_MS = 1000      # a sentinel that was not run for two seconds does nothing; for 30 s, by itself


def answers(client):
    try:
        return client.ping()
    except AWAY:
        return False


class Node(Process):
    """One redis-server on a port, in a directory of its own.  The others know
    it by the address it comes from; protected, it would take that for a stranger's."""

    def __init__(self, directory, *arguments, host=None):
        self.host = host or own_host()
        self.port = own_port(self.host)
        self.address = f"{self.host}:{self.port}"
        self.home = pathlib.Path(directory) / f"node-{self.port}"
        self.home.mkdir()
        super().__init__(f"redis-{self.port}", [
            redis_server(directory), "--port", self.port, "--bind", self.host,
            "--bind-source-addr", self.host, "--protected-mode", "no",
            "--dir", self.home, "--save", "", "--appendonly", "yes",
            "--repl-diskless-sync-delay", "0", "--daemonize", "no", *arguments], directory)
        self.client = redis.Redis(self.host, self.port, decode_responses=True,
                                  encoding_errors="replace", socket_timeout=2)

    def start(self):
        super().start()
        wait_until(lambda: answers(self.client), what=f"redis-server on {self.address}")
        return self

    def ask(self, *words):
        return self.client.execute_command(*words)

    def is_master(self):
        try:
            return self.ask("ROLE")[0] in ("master", b"master")
        except AWAY:
            return False

    def follows(self):
        return self.client.info("replication").get("master_link_status") == "up"


class Several:
    """What has the board of one of its nodes."""

    def __init__(self, system):
        self.system, self.nodes = system, []

    def add(self, *arguments):
        node = Node(self.system.directory, *arguments)
        self.nodes.append(self.system.add(node).start())
        return node

    def cut_off(self, master, replica):
        """What the master takes from now on, the replica never gets.  To stop
        it is not enough: its socket would keep it all."""
        replica.stop()
        assert master.ask("CLIENT", "KILL", "TYPE", "replica") == 1

    @property
    def owner(self):
        """The node that has our keys now."""
        return wait_until(lambda: next((n for n in self.nodes if n.runs() and self.has(n)), None),
                          30, "a node that has the keys")

    @property
    def client(self):
        return self.owner.client


class Cluster(Several):
    def __init__(self, system, replica=False):
        super().__init__(system)
        for _ in range(4 if replica else 3):
            bus = own_port()
            node = self.add("--cluster-enabled", "yes", "--cluster-port", bus,
                            "--cluster-node-timeout", "1000",
                            "--cluster-replica-validity-factor", "0")
            node.bus = bus
        self.settings = f"nodes = {texts(n.address for n in self.nodes)};"
        self.slot = self.nodes[0].ask("CLUSTER", "KEYSLOT", KEY)
        self.join()
        if replica:
            self.replicate(self.nodes[3], self.owner)

    def join(self):
        first, *others = self.nodes
        for i, node in enumerate(self.nodes[:3]):
            node.ask("CLUSTER", "ADDSLOTSRANGE", i * 16384 // 3, (i + 1) * 16384 // 3 - 1)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
        for node in others:
            first.ask("CLUSTER", "MEET", node.host, node.port, node.bus)
        wait_until(lambda: all(self.sees_all(n) for n in self.nodes), 20, "the cluster")

    def sees_all(self, node):
        info = node.ask("CLUSTER INFO")
        return info["cluster_state"] == "ok" and \
            info["cluster_known_nodes"] == str(len(self.nodes))

    def replicate(self, replica, master):
        replica.ask("CLUSTER", "REPLICATE", master.ask("CLUSTER", "MYID"))
        self.replica = replica
        wait_until(replica.follows, 20, "the replica")

    def has(self, node):
        try:
            node.client.exists(KEY)
            return node.is_master()
        except AWAY:
            return False

    def move_slot(self, to, between=lambda: None):
        """As redis-cli --cluster reshard does; between() runs while a part of
        the keys is here and a part there."""
        source = self.owner
        ids = source.ask("CLUSTER", "MYID"), to.ask("CLUSTER", "MYID")
        to.ask("CLUSTER", "SETSLOT", self.slot, "IMPORTING", ids[0])
        source.ask("CLUSTER", "SETSLOT", self.slot, "MIGRATING", ids[1])
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", self.slot, 5):
            source.ask("MIGRATE", to.host, to.port, "", 0, 5000, "KEYS", *keys)
            between()
        to.ask("CLUSTER", "SETSLOT", self.slot, "NODE", ids[1])
        source.ask("CLUSTER", "SETSLOT", self.slot, "NODE", ids[1])


class Watched(Several):
    """A master, its replica, and three sentinels who know them as `main`."""

    def __init__(self, system):
        super().__init__(system)
        self.master = self.add()
        self.replica = self.add("--replicaof", f"{self.master.host} {self.master.port}")
        wait_until(self.replica.follows, 20, "the replica")
        self.sentinels = [self.sentinel() for _ in range(3)]
        self.settings = f"sentinels = {texts(s.address for s in self.sentinels)};" \
            ' master = "main";'
        for sentinel in self.sentinels:
            wait_until(lambda: self.knows_all(sentinel), 30, "the sentinels to know all")

    def sentinel(self):
        host, port = own_host(), own_port()
        conf = self.system.directory / f"sentinel-{port}.conf"
        conf.write_text(f"port {port}\nbind {host}\nbind-source-addr {host}\n"
                        f"dir {self.system.directory}\n"
                        f"sentinel monitor main {host} {self.master.port} 2\n"
                        "sentinel down-after-milliseconds main 500\n"
                        "sentinel failover-timeout main 3000\n")
        sentinel = Process(f"sentinel-{port}", [redis_server(self.system.directory), conf,
                                                "--sentinel"], self.system.directory)
        sentinel.address = f"{host}:{port}"
        sentinel.client = redis.Redis(host, port, decode_responses=True)
        self.system.add(sentinel).start()
        wait_until(lambda: answers(sentinel.client), 20, "the sentinel")
        sentinel.client.execute_command("SENTINEL", "DEBUG", "tilt-period", TILT_MS)
        return sentinel

    def knows_all(self, sentinel):
        try:
            state = sentinel.client.sentinel_master("main")
            replicas = sentinel.client.sentinel_slaves("main")
        except AWAY:
            return False
        return state["num-other-sentinels"] == 2 and len(replicas) == 1 \
            and replicas[0]["is_slave"] and not replicas[0]["is_sdown"]

    def has(self, node):
        """One that comes back takes itself for the master for a moment."""
        named = {s.client.sentinel_get_master_addr_by_name("main")[1] for s in self.sentinels}
        return named == {node.port} and node.is_master()
