"""What can be wrong with an installation, one row each: how it is seen, and how it is mended, in both languages."""

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import Error, connection

from zhuisu.config import backups, gauges, health
from zhuisu.config.probing import Probe

MIN_PYTHON = (3, 11)
MIN_POSTGRESQL = 15
MAX_SKEW_SECONDS = 5.0  # between our clock and the database's: times of events and of heads are compared
LOOK_SECONDS = 20.0  # for the database's answers: who asks a doctor has more patience than a load balancer
SAMPLE_LIMIT = 200  # events that are read again, about a second
MAX_BEHIND = 100_000  # events that wait for their judge: some minutes of its work
WARM_OCTETS = 10 << 30  # free disk below which there is time left to act
_LOCAL = {"127.0.0.1", "localhost", "[::1]"}


class Level(IntEnum):
    """The greater, the worse."""

    OK = 0
    WARNING = 1
    FAULT = 2


class Said(NamedTuple):
    """What was seen. Words stand in the row: a check says only how bad it is, and with what figure or name."""

    level: Level
    seen: str = ""


OK = Said(Level.OK)


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at; gathered once. `trouble` is why the database gives nothing, "" where it does."""

    looked: health.Looked
    server: dict[str, str] = field(default_factory=dict)  # settings of PostgreSQL
    trouble: str = ""
    sample: int = 50


class Row(NamedTuple):
    """One thing that can be wrong. `mend` and `mend_zh` say what to do."""

    check: Callable[[Patient], Said]
    what: str
    what_zh: str
    mend: str
    mend_zh: str


def examine(sample: int = 50, trouble: str = "") -> Patient:
    """Gather what the checks look at."""
    try:
        state, migrations, server = Probe(_all).look(LOOK_SECONDS)
    except (TimeoutError, Error) as error:
        return Patient(health.Looked(None, None), {}, trouble or type(error).__name__, 0)
    return Patient(health.Looked(state, migrations), server, "", min(sample, SAMPLE_LIMIT))


_ASKED = ("server_version_num", "fsync", "synchronous_commit", "full_page_writes", "data_checksums", "max_connections")


def _all() -> tuple[gauges.State | None, int, dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select name, setting from pg_settings where name = any(%s)", [list(_ASKED)])
        server = dict(cursor.fetchall())
    migrations = health.unapplied()
    return (None if migrations else gauges.read()), migrations, server


def _judged(good: bool, level: Level = Level.FAULT, seen: object = "") -> Said:
    return OK if good else Said(level, str(seen))


def _python(_patient: Patient) -> Said:
    return _judged(sys.version_info[:2] >= MIN_PYTHON, seen=sys.version.split()[0])


def _database(patient: Patient) -> Said:
    return _judged(not patient.trouble, seen=patient.trouble)


def _postgresql(patient: Patient) -> Said:
    number = int(patient.server.get("server_version_num", "0")) // 10_000
    return _judged(not patient.server or number >= MIN_POSTGRESQL, seen=number)


def _durable(patient: Patient) -> Said:
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if patient.server.get(name) == "off"]
    return _judged(not off, seen=", ".join(off))


def _checksums(patient: Patient) -> Said:
    return _judged(patient.server.get("data_checksums") != "off", Level.WARNING)


def _migrations(patient: Patient) -> Said:
    return _judged(not patient.looked.migrations, seen=patient.looked.migrations)


def _debug(_patient: Patient) -> Said:
    return _judged(not settings.DEBUG)


def _public() -> bool:
    return not set(settings.ALLOWED_HOSTS) <= _LOCAL


def _hosts(_patient: Patient) -> Said:
    return _judged("*" not in settings.ALLOWED_HOSTS and not any(one.startswith(".") for one in settings.ALLOWED_HOSTS))


def _secret(_patient: Patient) -> Said:
    return _judged(len(settings.SECRET_KEY) >= 32, seen=len(settings.SECRET_KEY))


def _https(_patient: Patient) -> Said:
    return _judged(not _public() or bool(settings.SECURE_PROXY_SSL_HEADER))


def _origins(_patient: Patient) -> Said:
    return _judged(not _public() or bool(settings.CSRF_TRUSTED_ORIGINS), Level.WARNING)


def _proxies(_patient: Patient) -> Said:
    return _judged(not settings.SECURE_PROXY_SSL_HEADER or settings.PROXIES > 0, Level.WARNING)


def _token(_patient: Patient) -> Said:
    return _judged(not _public() or len(settings.METRICS_TOKEN) >= 16, Level.WARNING)


def _rates(_patient: Patient) -> Said:
    return _judged(bool(settings.RATE_KEY and settings.RATE_ORGANISATION), Level.WARNING)


def _keys(patient: Patient) -> Said:
    captured = patient.looked.state is not None and patient.looked.state.captured
    lost = [path.name for path in health.key_files() if captured and not path.exists()]
    broken = [path.name for path in health.key_files() if path.exists() and not health.key_is_readable(path)]
    return _judged(not lost + broken, seen=", ".join(lost + broken))


def _key_modes(_patient: Patient) -> Said:
    folder: Path = settings.HOME / "keys"
    wide = [path.name for path in sorted(folder.rglob("*.key")) if path.stat().st_mode & 0o077]
    return _judged(not wide, seen=", ".join(wide))


def _disk(_patient: Patient) -> Said:
    free = gauges.disk_free()
    said = f"{free / (1 << 30):.1f} GiB"
    return OK if free >= WARM_OCTETS else Said(Level.WARNING if free >= health.MIN_FREE_OCTETS else Level.FAULT, said)


def _clock(patient: Patient) -> Said:
    skew = patient.looked.state.database.clock if patient.looked.state else 0.0
    return _judged(abs(skew) <= MAX_SKEW_SECONDS, seen=f"{skew:.1f} s")


def _queue(patient: Patient) -> Said:
    state = patient.looked.state
    if state is None or state.core.waiting_since is None:
        return OK
    age = (gauges.now() - state.core.waiting_since).total_seconds()
    return _judged(age <= health.MAX_WAITING_SECONDS, seen=f"{state.core.documents_waiting}, {age:.0f} s")


def _aside(patient: Patient) -> Said:
    number = patient.looked.state.core.set_aside if patient.looked.state else 0
    return _judged(not number, Level.WARNING, number)


def _alive(name: str, level: Level) -> Callable[[Patient], Said]:
    def check(patient: Patient) -> Said:
        age = patient.looked.state.database.heartbeats.get(name) if patient.looked.state else 0.0
        return _judged(
            age is not None and age <= health.MAX_HEARTBEAT_SECONDS, level, "" if age is None else f"{age:.0f} s"
        )

    return check


def _judge_behind(patient: Patient) -> Said:
    state = patient.looked.state
    behind = state.core.position - state.judged if state else 0
    return _judged(behind <= MAX_BEHIND, Level.WARNING, behind)


def _snapshot(patient: Patient) -> Said:
    state, kept = patient.looked.state, gauges.snapshot()
    behind = state.core.position - (kept.upto if kept else 0) if state else 0
    return _judged(behind <= health.MAX_SNAPSHOT_BEHIND, Level.WARNING, behind)


def _backups(patient: Patient) -> Said:
    if not (settings.HOME / "postgres").exists() or not (patient.looked.state and patient.looked.state.captured):
        return OK  # another server's backups are not ours to see; nothing captured, nothing lost
    made = backups.newest()
    return _judged(
        made is not None and gauges.now() - made <= backups.OLD, Level.WARNING, made.isoformat() if made else ""
    )


def _fonts(_patient: Patient) -> Said:
    from zhuisu.labels import fonts

    return _judged(fonts.FOLDER.is_dir() and any(fonts.FOLDER.glob("*.ttf")), Level.WARNING)


def _connections(patient: Patient) -> Said:
    if patient.looked.state is None:
        return OK
    database = patient.looked.state.database
    used = sum(database.connections.values())
    return _judged(used <= 0.8 * database.connections_limit, Level.WARNING, f"{used} / {database.connections_limit}")


def _integrity(patient: Patient) -> Said:
    state = patient.looked.state
    if (
        state is None
        or not state.core.position
        or not patient.sample
        or any(not path.exists() for path in health.key_files())
    ):
        return OK
    from zhuisu.events.proof import audit_some

    last = state.core.position
    chosen = random.sample(range(1, last + 1), min(patient.sample, last))
    found = [f"{one.position}: {one.message}" for one in audit_some(sorted(chosen))]
    return _judged(not found, seen="; ".join(found[:5]))


ROWS: dict[str, Row] = {
    "python": Row(_python, "Python is too old", "Python 版本过旧",
        "Install Python 3.11 or later and make the environment anew.", "安装 Python 3.11 或更高版本并重建环境。"),
    "database": Row(_database, "the database does not answer", "数据库没有应答",
        "Is it running? Look at ZHUISU_DATABASE_URL, or at postgres/log in the installation's folder.", "它在运行吗？请检查 ZHUISU_DATABASE_URL，或查看安装目录中的 postgres/log。"),
    "postgresql": Row(_postgresql, "PostgreSQL is too old", "PostgreSQL 版本过旧",
        "Use version 15 or later.", "请使用 15 或更高版本。"),
    "durable": Row(_durable, "PostgreSQL may lose what it acknowledged", "PostgreSQL 可能丢失已确认的数据",
        "Set what is named to on in postgresql.conf and restart the server.", "在 postgresql.conf 中把所列各项设为 on 并重启。"),
    "checksums": Row(_checksums, "a page that a disk damages is not noticed", "磁盘损坏的数据页不会被发现",
        "Stop the server and run pg_checksums --enable on its data.", "停止数据库，对数据目录运行 pg_checksums --enable。"),
    "migrations": Row(_migrations, "tables are not of this version", "数据表与本版本不一致",
        "Run zhuisu migrate, or start with zhuisu up.", "运行 zhuisu migrate，或用 zhuisu up 启动。"),
    "debug": Row(_debug, "errors show their inside to everybody", "错误页会向所有人显示内部细节",
        "Unset ZHUISU_DEBUG.", "取消设置 ZHUISU_DEBUG。"),
    "hosts": Row(_hosts, "the site answers to names that are not its own", "网站会应答不属于自己的域名",
        "Name the hosts in ZHUISU_HOSTS, each in full.", "在 ZHUISU_HOSTS 中逐一写明完整域名。"),
    "secret": Row(_secret, "the key that signs sessions is short", "会话签名密钥过短",
        "Make ZHUISU_SECRET_KEY at least 32 random characters, or leave it unset.", "把 ZHUISU_SECRET_KEY 设为至少 32 个随机字符，或不设置。"),
    "https": Row(_https, "a public site without HTTPS sends passwords in the open", "公开网站未启用 HTTPS，口令会明文传送",
        "Put a proxy with HTTPS in front and set ZHUISU_HTTPS=1.", "在前面放置 HTTPS 代理，并设置 ZHUISU_HTTPS=1。"),
    "origins": Row(_origins, "forms will be refused behind the proxy", "经代理提交的表单会被拒绝",
        "Set ZHUISU_ORIGINS to the site's address, with https://.", "把 ZHUISU_ORIGINS 设为带 https:// 的网站地址。"),
    "proxies": Row(_proxies, "all clients look like the proxy", "所有客户端看起来都是代理",
        "Set ZHUISU_PROXIES to the number of proxies in front.", "把 ZHUISU_PROXIES 设为前面代理的个数。"),
    "metrics": Row(_token, "nobody can read /metrics here", "此节点的 /metrics 无人可读",
        "Set ZHUISU_METRICS_TOKEN to at least 16 random characters and give it to Prometheus.", "把 ZHUISU_METRICS_TOKEN 设为至少 16 个随机字符，并告知 Prometheus。"),
    "rates": Row(_rates, "one sender can take the whole node", "单个发送方可占用整个节点",
        "Unset ZHUISU_RATE_KEY and ZHUISU_RATE_ORGANISATION, or set them above 0.", "取消设置 ZHUISU_RATE_KEY 和 ZHUISU_RATE_ORGANISATION，或设为大于 0。"),
    "keys": Row(_keys, "a key is missing or damaged", "密钥缺失或损坏",
        "Stop the node and put the keys back from where they are kept; a start makes new ones that open nothing.", "停止节点，从保存处放回密钥；直接启动会生成打不开任何内容的新密钥。"),
    "key_modes": Row(_key_modes, "others on this machine can read a key", "本机其他用户可以读取密钥",
        "chmod 600 on what is named; if somebody may have read it, treat it as known.", "对所列文件 chmod 600；若可能已被读取，应视为已泄露。"),
    "disk": Row(_disk, "the disk is filling up", "磁盘将满",
        "Make room or add disk: nothing of the log is ever deleted.", "清理或扩容：日志内容从不删除。"),
    "clock": Row(_clock, "our clock and the database's differ", "本机与数据库的时钟不一致",
        "Run time synchronisation (NTP) on both machines.", "在两台机器上启用时间同步（NTP）。"),
    "queue": Row(_queue, "documents wait too long to be stored", "文档等待入库过久",
        "Is the worker alive? Its log says what it meets at the oldest one.", "后台进程还在吗？其日志会说明最早的那一份遇到了什么。"),
    "set_aside": Row(_aside, "a document ended the processes that stored it, and was set aside", "有文档使入库进程反复中断，已被搁置",
        "Look for 'set aside' in the worker's log, and at the memory of the machine; its sender is told to send smaller documents.", "在后台进程日志中查找“set aside”，并检查本机内存；发送方已被告知改发较小的文档。"),
    "worker": Row(_alive("worker", Level.FAULT), "no worker is alive: nothing is published", "后台进程不在：内容不会发布",
        "Start the node with zhuisu up, or a worker with zhuisu worker.", "用 zhuisu up 启动节点，或用 zhuisu worker 启动后台进程。"),
    "project": Row(_alive("project", Level.FAULT), "no projector is alive: what waits is not stored", "入库进程不在：等待的文档不会入库",
        "Start the node with zhuisu up, or a projector with zhuisu project.", "用 zhuisu up 启动节点，或用 zhuisu project 启动入库进程。"),
    "judge": Row(_alive("judge", Level.WARNING), "no judge is alive", "核查进程不在",
        "Start the node with zhuisu up, or a judge with zhuisu judge.", "用 zhuisu up 启动节点，或用 zhuisu judge 启动核查进程。"),
    "deliver": Row(_alive("deliver", Level.WARNING), "no deliverer is alive: subscribers get nothing", "投递进程不在：订阅方收不到内容",
        "Start the node with zhuisu up, or a deliverer with zhuisu deliver.", "用 zhuisu up 启动节点，或用 zhuisu deliver 启动投递进程。"),
    "judge_behind": Row(_judge_behind, "judging is far behind the log", "核查远远落后于日志",
        "Look into the judge's log; a second machine does not help, one judges at a time.", "查看核查进程的日志；同一时刻只有一个进程核查，加机器无济于事。"),
    "snapshot": Row(_snapshot, "large walks are slow: the snapshot is far behind", "快照远远落后，大范围追溯会变慢",
        "Is its keeper alive? Run zhuisu snapshot --once and see what it says.", "快照进程还在吗？运行 zhuisu snapshot --once 看它怎么说。"),
    "backups": Row(_backups, "there is no backup of the last day", "最近一天没有备份",
        "Run zhuisu backup each night, to another disk (guide: back up and restore).", "每夜运行 zhuisu backup，存到另一块磁盘（见备份与恢复指南）。"),
    "fonts": Row(_fonts, "labels cannot be printed: no fonts", "缺少字体，无法打印标签",
        "Run make install again; it fetches them.", "重新运行 make install 以取得字体。"),
    "connections": Row(_connections, "the database's connections run out", "数据库连接即将用尽",
        "Raise max_connections, or run fewer web processes.", "调大 max_connections，或减少网页进程。"),
    "integrity": Row(_integrity, "A STORED EVENT IS NOT WHAT WAS RECORDED", "存储的事件与记录不符",
        "Run zhuisu verify, keep a copy of everything as it is, and find out who had access.", "运行 zhuisu verify，原样保全现场，查明谁有访问权限。"),
}  # fmt: skip


def findings(patient: Patient) -> dict[str, Said]:
    """Every row's result. A check that breaks is itself a fault."""
    found = {}
    for name, row in ROWS.items():
        try:
            found[name] = row.check(patient)
        except (OSError, ValueError, Error, TimeoutError) as error:
            found[name] = Said(Level.FAULT, f"{type(error).__name__}")
    return found
