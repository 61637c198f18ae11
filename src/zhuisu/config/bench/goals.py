"""What the figures are to reach: the floor that must hold, and the aims beyond it. docs/reference/benchmarks.md explains each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zhuisu.config.bench.figures import Figure, NotMeasured, Scale


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit that one figure keeps or misses: its value, or its ratio to the baseline of the same run.

    `quick`: the limit of a run of a tenth of the size, where the size decides.
    """

    id: str
    what: str
    what_zh: str
    figure: str
    of: Literal["ratio", "value"]
    sense: Literal["<=", ">="]
    limit: float
    quick: float | None = None

    @property
    def aim(self) -> bool:
        """Whether it lies beyond the floor: a miss is named, and breaks nothing."""
        return self.id.startswith("A")

    def target(self, scale: Scale) -> str:
        """`ratio >= 0.3`, as a report has it."""
        return f"{self.of} {self.sense} {self._limit(scale):g}"

    def _limit(self, scale: Scale) -> float:
        return self.quick if scale.quick and self.quick is not None else self.limit

    def kept(self, figure: Figure, scale: Scale) -> bool | None:
        """Whether the figure keeps it; None where the figure has no baseline and the goal asks for a ratio."""
        measured = figure.ratio if self.of == "ratio" else figure.value
        if measured is None:
            return None
        return measured <= self._limit(scale) if self.sense == "<=" else measured >= self._limit(scale)


# fmt: off
GOALS = (
    Goal("T1", "walk down to 100,000 lots among 5 M links, by the compiled walk without times", "顺查十万批（五百万条关联），与不计时间的编译算法相比", "T1", "ratio", "<=", 8),
    Goal("T1b", "the same by the best other database", "同上，与最快的其他数据库相比", "T1b", "ratio", "<=", 0.25),
    Goal("T2", "walk down to 1 M lots, by the compiled walk without times", "顺查一百万批，与不计时间的编译算法相比", "T2", "ratio", "<=", 5),
    Goal("T2b", "walk down to 5.3 M lots among 25 M links, seconds", "顺查五百三十万批（二千五百万条关联），秒", "T2b", "value", "<=", 1, 0.1),
    Goal("T3", "from the acknowledgement of a link to its place in a walk, p99, seconds", "关联从受理到可被追溯，p99，秒", "T3", "value", "<=", 1),
    Goal("T3b", "walk with the newest links still in memory, by the walk without them", "最新关联尚在内存时的追溯，与没有时相比", "T3b", "ratio", "<=", 1.3),
    Goal("T4", "from start to the first walk, 5 M links, with a snapshot, seconds", "启动至首次追溯（有快照，五百万条关联），秒", "T4", "value", "<=", 5),
    Goal("T4b", "the same without a snapshot, seconds", "同上，没有快照，秒", "T4b", "value", "<=", 30),
    Goal("T5", "recall list of 100,000 lots as CSV, seconds", "十万批召回清单（CSV），秒", "T5", "value", "<=", 3, 0.3),
    Goal("T5b", "recall list of 100,000 lots as XLSX, seconds", "十万批召回清单（XLSX），秒", "T5b", "value", "<=", 20, 2),
    Goal("T5c", "recall list of 1 M lots as CSV, seconds", "一百万批召回清单（CSV），秒", "T5c", "value", "<=", 15, 1.5),
    Goal("T5d", "memory for it, at the most, MB", "其内存峰值，MB", "T5d", "value", "<=", 500),
    Goal("C1", "capture, 1,000 events a document, one process, by COPY of the same rows", "采集（每份一千个事件，单进程），与 COPY 同样的行相比", "C1", "ratio", ">=", 0.30),
    Goal("C2", "the same documents again, events a second", "同样的文件再次送来，每秒事件数", "C2", "value", ">=", 15_000),
    Goal("C2b", "rows that they change", "因此改变的行数", "C2b", "value", "<=", 0),
    Goal("C3", "document of 1 GB: growth of memory, MB", "1 GB 文件：内存增长，MB", "C3", "value", "<=", 150),
    Goal("C3b", "document of 1 GB: events parsed a second", "1 GB 文件：每秒解析事件数", "C3b", "value", ">=", 100_000),
    Goal("K1", "10 M codes to a print file, seconds", "一千万个码写入印刷文件，秒", "I2", "value", "<=", 10, 1),
    Goal("K1b", "codes among them that came twice", "其中重复的码", "I4", "value", "<=", 0),
    Goal("K2", "chance that one forged code is taken for one of 10 M issued, series known", "系列已知、已签发一千万个时，一个伪造码被当作真码的概率", "I7", "value", "<=", 1e-9),
    Goal("K2b", "hits of 10 M random guesses, series known", "系列已知时一千万次随机猜测命中数", "I5", "value", "<=", 0),
    Goal("L1", "look-up of a code as JSON, by a static file of nginx, one worker", "查码（JSON，单进程），与 nginx 静态文件相比", "L1", "ratio", ">=", 0.20),
    Goal("L1b", "the same at 5,000 a second, p99, milliseconds", "同上，每秒五千次时 p99，毫秒", "L1b", "value", "<=", 50),
    Goal("R1", "mass balance of the whole graph, 2 M lots, seconds", "全图物料平衡（二百万批），秒", "R1", "value", "<=", 1, 0.1),
    Goal("R1b", "copied codes among 10 M scans, seconds", "一千万次扫描中找出复制的码，秒", "R1b", "value", "<=", 15, 1.5),
    Goal("R1c", "share of the planted copies that it finds", "其中埋设的复制码被找出的比例", "R1c", "value", ">=", 1),
    Goal("S1", "kill -9 while capturing: events lost, doubled or of half a document", "采集时强行终止：丢失、重复或残缺的事件数", "S1", "value", "<=", 0),
    Goal("S1b", "crash of the database while capturing: events lost, doubled or of half a document", "采集时数据库崩溃：丢失、重复或残缺的事件数", "S1b", "value", "<=", 0),
    Goal("G1", "walk with the same answer among 10 M links, by 1 M links", "同一结果的追溯：一千万条关联与一百万条相比", "G1", "ratio", "<=", 1.5),
    Goal("A1", "8,000 events a second offered: share acknowledged", "每秒提交八千个事件：受理比例", "A1", "value", ">=", 1),
    Goal("A1b", "from their arrival until the last is searchable, seconds", "从到达至全部可查，秒", "A1b", "value", "<=", 30),
    Goal("A2", "walk down to 100,000 lots, by the compiled walk without times", "顺查十万批，与不计时间的编译算法相比", "T1", "ratio", "<=", 5),
    Goal("A3", "capture, 1,000 events a document, one process, by COPY of the same rows", "采集（每份一千个事件，单进程），与 COPY 同样的行相比", "C1", "ratio", ">=", 0.35),
    Goal("A4", "journal acknowledgements, by a bare insert of the same bytes", "受理入账，与直接插入同样的字节相比", "A4", "ratio", ">=", 0.4),
    Goal("A5", "public page, by an empty view", "公众页面，与空页面相比", "A5", "ratio", ">=", 0.3),
    Goal("A6", "bytes on disk an event, by the bytes of its JSON", "每个事件的磁盘字节数，与其 JSON 相比", "C4", "ratio", "<=", 3),
)
# fmt: on


def judged(found: Iterable[Figure | NotMeasured], scale: Scale, absent: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each goal with its figure, and whether it is kept; where it was not measured, why. `absent`: why a figure is missing."""
    held = {one.id: one for one in found}
    return [_judged(goal, held.get(goal.figure), scale, absent) for goal in GOALS]


def _judged(goal: Goal, one: Figure | NotMeasured | None, scale: Scale, absent: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"id": goal.id, "what": goal.what} | dict.fromkeys(("value", "unit", "baseline", "ratio"))
    row |= {"target": goal.target(scale), "pass": None}
    if isinstance(one, Figure):
        shown = one.as_row()
        row |= {name: shown[name] for name in ("value", "unit", "baseline", "ratio")}
        row["pass"] = goal.kept(one, scale)
        return row if row["pass"] is not None else row | {"why": "the figure came without a baseline"}
    if isinstance(one, NotMeasured):
        return row | {"why": one.why}
    return row | {"why": absent.get(goal.figure, "no group gives this figure yet")}


def measured_by(row: Mapping[str, Any]) -> float | None:
    """How many times better than its limit a row of a report is (below 1: worse); None where that is no number.

    The target is read as it stands in the report, so that a report of another edition is judged by its own limits.
    """
    of, sense, text = row["target"].split()
    measured, limit = row[of], float(text)
    if not measured or not limit:
        return None
    times: float = measured / limit if sense == ">=" else limit / measured
    return times
