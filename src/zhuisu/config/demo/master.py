"""Who, where and what: the parties, places, products and papers of the demonstration."""

from dataclasses import dataclass
from datetime import date, datetime

from zhuisu import codes
from zhuisu.config.demo.numbers import gln

REGIONS = {
    "310115": ("上海市 浦东新区", "Pudong, Shanghai"),
    "350200": ("厦门市", "Xiamen"),
    "350203": ("厦门市 思明区", "Siming, Xiamen"),
    "350205": ("厦门市 海沧区", "Haicang, Xiamen"),
    "350206": ("厦门市 湖里区", "Huli, Xiamen"),
    "350211": ("厦门市 集美区", "Jimei, Xiamen"),
    "350212": ("厦门市 同安区", "Tong'an, Xiamen"),
    "350213": ("厦门市 翔安区", "Xiang'an, Xiamen"),
    "350503": ("泉州市 丰泽区", "Fengze, Quanzhou"),
    "350623": ("漳州市 漳浦县", "Zhangpu, Zhangzhou"),
    "350627": ("漳州市 南靖县", "Nanjing County, Zhangzhou"),
    "350628": ("漳州市 平和县", "Pinghe, Zhangzhou"),
    "350802": ("龙岩市 新罗区", "Xinluo, Longyan"),
    "350881": ("龙岩市 漳平市", "Zhangping, Longyan"),
}


@dataclass(frozen=True, slots=True)
class Firm:
    """A party. With a company prefix it has a PGLN beside its 统一社会信用代码."""

    key: str
    name: str
    name_en: str
    kind: str
    region: str
    uscc: str
    prefix: str = ""
    links: bool = False  # spells GS1 codes as Digital Links; else as URNs

    @property
    def uri(self) -> str:
        """The credit code as a URI, which EPCIS wants of private codes."""
        return f"urn:zhuisu:cn.uscc:{self.uscc}"

    @property
    def party(self) -> str:
        """As it stands in a source or destination list: by PGLN where there is one."""
        return f"urn:epc:id:pgln:{self.prefix}.00000" if self.prefix else self.uri

    @property
    def canonical(self) -> str:
        """The code under which the platform knows it."""
        return codes.parse_epc(self.uri).canonical

    @property
    def alias(self) -> str:
        """Canonical code of the PGLN."""
        return codes.parse_epc(self.party).canonical

    @property
    def gln(self) -> str:
        """13 digits; only of a party with a company prefix."""
        return gln(self.prefix, 0)


@dataclass(frozen=True, slots=True)
class Site:
    """A place, by SGLN."""

    key: str
    firm: Firm
    epc: str
    name: str
    name_en: str
    kind: str

    @property
    def canonical(self) -> str:
        """The code under which the platform knows it."""
        return codes.parse_epc(self.epc).canonical


@dataclass(frozen=True, slots=True)
class Good:
    """A product. item = GTIN without check digit and with its indicator behind the company prefix, as EPC URNs have it."""

    key: str
    holder: Firm
    item: str
    name: str
    name_en: str
    category: str
    specification: str
    specification_en: str
    unit: str
    storage: str
    storage_en: str
    shelf_days: int
    icon: str
    kind: str = ""  # "sector.kind" of the profiles; "" where no sector judges it

    def lot(self, text: str) -> str:
        """The LGTIN of one lot."""
        return f"urn:epc:class:lgtin:{self.holder.prefix}.{self.item}.{text}"

    def serial(self, text: str) -> str:
        """The SGTIN of one piece."""
        return f"urn:epc:id:sgtin:{self.holder.prefix}.{self.item}.{text}"

    @property
    def canonical(self) -> str:
        """The code under which the platform knows it."""
        return codes.parse_epc(f"urn:epc:idpat:sgtin:{self.holder.prefix}.{self.item}.*").canonical


@dataclass(frozen=True, slots=True)
class Right:
    """A licence of a party."""

    firm: Firm
    kind: str
    kind_en: str
    number: str
    valid_from_on: date
    valid_to_on: date | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate about one item, named by its EPC."""

    kind: str
    number: str
    title: str
    title_en: str
    about: str
    issuer: str
    issuer_en: str
    issued_at: datetime
    conclusion: str
    conclusion_en: str

    @property
    def canonical(self) -> str:
        """The code under which the platform knows it."""
        return codes.parse_epc(self.about).canonical
