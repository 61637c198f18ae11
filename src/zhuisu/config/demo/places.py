"""The places of the demonstration, by SGLN."""

from zhuisu.config.demo.master import Site
from zhuisu.config.demo.parties import FIRMS

# key, firm whose company prefix it carries, location reference, extension, name, English name, kind, firm that works there
_SITES: tuple[tuple[str, str, int, str, str, str, str, str], ...] = (
    ("pigs_tongan", "pigs_tongan", 1, "0", "岭禾养殖场", "Linghe Pig Farm", "farm", "pigs_tongan"),
    ("pigs_xiangan", "pigs_xiangan", 1, "0", "浔谷合作社养殖小区", "Xungu Cooperative, Pig Houses", "farm", "pigs_xiangan"),
    ("pigs_nanjing", "pigs_nanjing", 1, "0", "溪岚农牧南靖农场", "Xilan Nanjing Farm", "farm", "pigs_nanjing"),
    ("lairage", "slaughter", 1, "0", "银湖屠宰厂待宰圈", "Yinhu Slaughterhouse, Lairage", "lairage", "slaughter"),
    ("slaughter_line", "slaughter", 2, "0", "银湖屠宰厂屠宰线", "Yinhu Slaughterhouse, Line", "slaughterhouse", "slaughter"),
    ("chiller", "slaughter", 3, "0", "银湖屠宰厂预冷间", "Yinhu Slaughterhouse, Chiller", "cold_store", "slaughter"),
    ("cutting_room", "slaughter", 4, "0", "银湖屠宰厂分割车间", "Yinhu Slaughterhouse, Cutting Room", "workshop", "slaughter"),
    ("slaughter_dock", "slaughter", 5, "0", "银湖屠宰厂发货月台", "Yinhu Slaughterhouse, Dock", "dock", "slaughter"),
    ("wholesale_gate", "wholesale", 1, "0", "鹭衡批发市场进场查验口", "Luheng Wholesale Market, Entry Gate", "gate", "wholesale"),
    ("meat_hall", "wholesale", 2, "M18", "鹭衡批发市场肉品交易区18号", "Luheng Wholesale Market, Meat Hall 18", "wholesale_stall", "meat_trader"),
    ("greens_hall", "wholesale", 3, "V07", "鹭衡批发市场蔬菜交易区7号", "Luheng Wholesale Market, Vegetable Hall 7", "wholesale_stall", "greens_trader"),
    ("huli_gate", "market_huli", 1, "0", "悦民农贸市场进货口", "Yuemin Market, Goods Entrance", "gate", "market_huli"),
    ("stall_huli_12", "market_huli", 2, "12", "悦民农贸市场12号摊", "Yuemin Market, Stall 12", "stall", "stall_huli_12"),
    ("stall_huli_15", "market_huli", 2, "15", "悦民农贸市场15号摊", "Yuemin Market, Stall 15", "stall", "stall_huli_15"),
    ("stall_huli_31", "market_huli", 2, "31", "悦民农贸市场31号摊", "Yuemin Market, Stall 31", "stall", "stall_huli_31"),
    ("siming_gate", "market_siming", 1, "0", "筼汀农贸市场进货口", "Yunting Market, Goods Entrance", "gate", "market_siming"),
    ("stall_siming_6", "market_siming", 2, "6", "筼汀农贸市场6号摊", "Yunting Market, Stall 6", "stall", "stall_siming_6"),
    ("stall_siming_9", "market_siming", 2, "9", "筼汀农贸市场9号摊", "Yunting Market, Stall 9", "stall", "stall_siming_9"),
    ("stall_siming_22", "market_siming", 2, "22", "筼汀农贸市场22号摊", "Yunting Market, Stall 22", "stall", "stall_siming_22"),
    ("milk_tongan", "milk_tongan", 1, "0", "草岚奶牛场挤奶厅", "Caolan Dairy Farm, Milking Parlour", "farm", "milk_tongan"),
    ("milk_xiangan", "milk_xiangan", 1, "0", "浔牧奶牛场挤奶厅", "Xunmu Dairy Farm, Milking Parlour", "farm", "milk_xiangan"),
    ("milk_zhangpu", "milk_zhangpu", 1, "0", "澄坡奶业挤奶厅", "Chengpo Dairy Farm, Milking Parlour", "farm", "milk_zhangpu"),
    ("milk_pinghe", "milk_pinghe", 1, "0", "溪禾合作社挤奶厅", "Xihe Cooperative, Milking Parlour", "farm", "milk_pinghe"),
    ("milk_xinluo", "milk_xinluo", 1, "0", "岚山牧场挤奶厅", "Lanshan Pasture, Milking Parlour", "farm", "milk_xinluo"),
    ("milk_zhangping", "milk_zhangping", 1, "0", "云坂牧业挤奶厅", "Yunban Pasture, Milking Parlour", "farm", "milk_zhangping"),
    ("milk_reception", "dairy", 1, "0", "栖牧屿乳业收奶站", "Qimuyu Dairy, Milk Reception", "reception", "dairy"),
    ("mixing_hall", "dairy", 2, "0", "栖牧屿乳业配料车间", "Qimuyu Dairy, Mixing Hall", "workshop", "dairy"),
    ("drying_tower", "dairy", 3, "0", "栖牧屿乳业喷雾干燥塔", "Qimuyu Dairy, Spray Drying Tower", "workshop", "dairy"),
    ("blending_hall", "dairy", 4, "0", "栖牧屿乳业干混车间", "Qimuyu Dairy, Dry Blending Hall", "workshop", "dairy"),
    ("filling_line", "dairy", 5, "0", "栖牧屿乳业听装线", "Qimuyu Dairy, Filling Line", "workshop", "dairy"),
    ("dairy_store", "dairy", 6, "0", "栖牧屿乳业成品库", "Qimuyu Dairy, Finished Goods Store", "warehouse", "dairy"),
    ("ingredient_store", "dairy", 7, "0", "栖牧屿乳业原辅料库", "Qimuyu Dairy, Ingredient Store", "warehouse", "dairy"),
    ("distribution_centre", "distributor", 1, "0", "岚鹭汀海沧配送中心", "Lanluting Haicang Distribution Centre", "warehouse", "distributor"),
    ("shop_siming", "baby_shops", 1, "0", "小满屿母婴思明店", "Xiaomanyu Store, Siming", "shop", "baby_shops"),
    ("shop_jimei", "baby_shops", 2, "0", "小满屿母婴集美店", "Xiaomanyu Store, Jimei", "shop", "baby_shops"),
    ("field_3", "greens", 1, "F03", "禾垄合作社3号地块", "Helong Cooperative, Field 3", "field", "greens"),
    ("field_5", "greens", 1, "F05", "禾垄合作社5号棚", "Helong Cooperative, Greenhouse 5", "field", "greens"),
    ("lift_works", "lift_maker", 1, "0", "鹭梯屿电梯总装车间", "Lutiyu Lift Assembly", "workshop", "lift_maker"),
    ("house", "lift_maker", 2, "0", "思明区演示路18号2单元", "18 Demonstration Road, Siming, Unit 2", "building", "property"),
    ("cylinder_works", "cylinder_maker", 1, "0", "禾罡压力容器气瓶车间", "Hegang Cylinder Works", "workshop", "cylinder_maker"),
    ("gas_station", "gas_station", 1, "0", "鹭岚湖里加气站", "Lulan Filling Station, Huli", "gas_station", "gas_station"),
    ("packing_house", "greens", 2, "0", "禾垄合作社采后处理间", "Helong Cooperative, Packing House", "workshop", "greens"),
)  # fmt: skip

SITES = {
    key: Site(
        key, FIRMS[works], f"urn:epc:id:sgln:{FIRMS[owner].prefix}.{location:05d}.{extension}", name, name_en, kind
    )
    for key, owner, location, extension, name, name_en, kind, works in _SITES
}

# The shop in Jimei lies in another district than the firm that runs it.
REGION_OF_SITE = {"shop_jimei": "350211"}
