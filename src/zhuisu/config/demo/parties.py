"""The parties of the demonstration. Every name is invented; a likeness to a real firm is chance."""

from zhuisu.config.demo.master import REGIONS, Firm
from zhuisu.config.demo.numbers import uscc

COMPANY, TRADER, COOPERATIVE, AUTHORITY, INSTITUTION = "91", "92", "93", "11", "12"

# key, name, English name, kind, category of the credit code, region, GS1 company prefix, spells codes as links
_FIRMS: tuple[tuple[str, str, str, str, str, str, str, bool], ...] = (
    ("pigs_tongan", "厦门市同安区岭禾养殖场", "Linghe Pig Farm, Tong'an", "farm", COMPANY, "350212", "9521101", False),
    ("pigs_xiangan", "厦门市翔安区浔谷生猪养殖专业合作社", "Xungu Pig Farmers' Cooperative, Xiang'an", "farm", COOPERATIVE, "350213", "9521102", False),
    ("pigs_nanjing", "南靖县溪岚农牧有限公司", "Xilan Livestock Co., Nanjing County", "farm", COMPANY, "350627", "9521103", False),
    ("slaughter", "厦门银湖屠宰有限公司", "Yinhu Slaughterhouse Co., Xiamen", "slaughterhouse", COMPANY, "350212", "9521110", False),
    ("wholesale", "厦门鹭衡农产品批发市场有限公司", "Luheng Wholesale Market Co., Xiamen", "wholesale_market", COMPANY, "350206", "9521120", True),
    ("meat_trader", "湖里区榕屿肉品批发部", "Rongyu Meat Wholesale, Huli", "wholesaler", TRADER, "350206", "", False),
    ("greens_trader", "湖里区禾笙蔬菜批发部", "Hesheng Vegetable Wholesale, Huli", "wholesaler", TRADER, "350206", "", False),
    ("market_huli", "厦门悦民农贸市场管理有限公司", "Yuemin Market Management Co., Xiamen", "retail_market", COMPANY, "350206", "9521131", False),
    ("market_siming", "厦门筼汀农贸市场管理有限公司", "Yunting Market Management Co., Xiamen", "retail_market", COMPANY, "350203", "9521132", True),
    ("stall_huli_12", "湖里区悦民市场12号肉品摊", "Yuemin Market Stall 12, Meat", "stall", TRADER, "350206", "", False),
    ("stall_huli_15", "湖里区悦民市场15号肉品摊", "Yuemin Market Stall 15, Meat", "stall", TRADER, "350206", "", False),
    ("stall_huli_31", "湖里区悦民市场31号蔬菜摊", "Yuemin Market Stall 31, Vegetables", "stall", TRADER, "350206", "", False),
    ("stall_siming_6", "思明区筼汀市场6号肉品摊", "Yunting Market Stall 6, Meat", "stall", TRADER, "350203", "", False),
    ("stall_siming_9", "思明区筼汀市场9号肉品摊", "Yunting Market Stall 9, Meat", "stall", TRADER, "350203", "", False),
    ("stall_siming_22", "思明区筼汀市场22号蔬菜摊", "Yunting Market Stall 22, Vegetables", "stall", TRADER, "350203", "", False),
    ("kitchen_jimei", "厦门集美澄禾团膳有限公司", "Chenghe Catering Co., Jimei", "catering", COMPANY, "350211", "", False),
    ("kitchen_haicang", "厦门海沧榕味团膳有限公司", "Rongwei Catering Co., Haicang", "catering", COMPANY, "350205", "", False),
    ("canteen_siming", "厦门思明筠和餐饮管理有限公司", "Yunhe Canteens Co., Siming", "catering", COMPANY, "350203", "", False),
    ("cold_carrier", "厦门稳屿冷链物流有限公司", "Wenyu Cold Chain Logistics Co., Xiamen", "carrier", COMPANY, "350205", "9521140", False),
    ("milk_tongan", "厦门市同安区草岚奶牛场", "Caolan Dairy Farm, Tong'an", "farm", COMPANY, "350212", "9521151", False),
    ("milk_xiangan", "厦门市翔安区浔牧奶牛场", "Xunmu Dairy Farm, Xiang'an", "farm", COMPANY, "350213", "9521152", False),
    ("milk_zhangpu", "漳浦县澄坡奶业有限公司", "Chengpo Dairy Farm Co., Zhangpu", "farm", COMPANY, "350623", "9521153", False),
    ("milk_pinghe", "平和县溪禾奶牛养殖专业合作社", "Xihe Dairy Farmers' Cooperative, Pinghe", "farm", COOPERATIVE, "350628", "9521154", False),
    ("milk_xinluo", "龙岩市新罗区岚山牧场有限公司", "Lanshan Pasture Co., Xinluo", "farm", COMPANY, "350802", "9521155", False),
    ("milk_zhangping", "漳平市云坂牧业有限公司", "Yunban Pasture Co., Zhangping", "farm", COMPANY, "350881", "9521156", False),
    ("dairy", "厦门栖牧屿乳业有限公司", "Qimuyu Dairy Co., Xiamen", "manufacturer", COMPANY, "350213", "9521160", False),
    ("ingredients", "泉州禾配食品配料有限公司", "Hepei Food Ingredients Co., Quanzhou", "manufacturer", COMPANY, "350503", "9521161", False),
    ("importer", "上海澜桥屿国际贸易有限公司", "Lanqiaoyu International Trade Co., Shanghai", "importer", COMPANY, "310115", "9521162", False),
    ("distributor", "厦门岚鹭汀供应链有限公司", "Lanluting Supply Chain Co., Xiamen", "distributor", COMPANY, "350205", "9521170", True),
    ("baby_shops", "厦门小满屿母婴用品有限公司", "Xiaomanyu Mother and Baby Stores Co., Xiamen", "retailer", COMPANY, "350203", "9521171", False),
    ("greens", "厦门市翔安区禾垄蔬菜专业合作社", "Helong Vegetable Cooperative, Xiang'an", "farm", COOPERATIVE, "350213", "9521180", False),
    ("laboratory", "厦门准衡屿检测技术有限公司", "Zhunhengyu Testing Co., Xiamen", "laboratory", COMPANY, "350211", "", False),
    ("authority", "厦门市重要产品追溯监管（演示）", "Xiamen Traceability Supervision (demonstration)", "authority", AUTHORITY, "350200", "", False),
    ("operator", "厦门市重要产品追溯平台运营中心（演示）", "Xiamen Traceability Platform Operations Centre (demonstration)", "operator", INSTITUTION, "350200", "", False),
    ("animal_health", "厦门市动物卫生监督机构（演示）", "Xiamen Animal Health Inspection (demonstration)", "authority_body", INSTITUTION, "350200", "", False),
    ("lift_maker", "厦门鹭梯屿电梯制造有限公司", "Lutiyu Lift Manufacturing Co., Xiamen", "manufacturer", COMPANY, "350211", "9521190", False),
    ("lift_service", "厦门稳程电梯安装维保有限公司", "Wencheng Lift Installation and Maintenance Co., Xiamen", "service", COMPANY, "350206", "", False),
    ("property", "厦门澄湾物业服务有限公司", "Chengwan Property Services Co., Xiamen", "property_manager", COMPANY, "350203", "", False),
    ("inspection_body", "厦门衡检特种设备检验院（演示）", "Hengjian Special Equipment Inspection, Xiamen (demonstration)", "laboratory", INSTITUTION, "350211", "", False),
    ("cylinder_maker", "泉州禾罡压力容器有限公司", "Hegang Pressure Vessel Co., Quanzhou", "manufacturer", COMPANY, "350503", "9521191", False),
    ("gas_station", "厦门鹭岚燃气加气站有限公司", "Lulan Gas Filling Station Co., Xiamen", "gas_station", COMPANY, "350206", "9521193", False),
    ("taxi", "厦门鹭行屿出租汽车有限公司", "Luxingyu Taxi Co., Xiamen", "transport", COMPANY, "350206", "9521192", False),
)  # fmt: skip

FIRMS = {
    key: Firm(key, name, name_en, kind, region, uscc(category, region, number), prefix, links)
    for number, (key, name, name_en, kind, category, region, prefix, links) in enumerate(_FIRMS, start=1001)
}

CAPTURING = (
    "slaughter",
    "wholesale",
    "market_huli",
    "market_siming",
    "dairy",
    "distributor",
    "baby_shops",
    "greens",
    "lift_maker",
    "lift_service",
    "cylinder_maker",
    "gas_station",
)


def region_name(code: str) -> tuple[str, str]:
    """Chinese and English name of a division of GB/T 2260."""
    return REGIONS[code]
