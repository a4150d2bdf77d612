// The registry's columns and words, Chinese first.

export const KINDS = [["school", "学校 school"], ["community", "社区 community"], ["base", "实践基地 base"], ["venue", "场馆 venue"]];
export const DATUMS = [["wgs84", "WGS-84（GPS）"], ["gcj02", "GCJ-02（高德、腾讯）"], ["bd09", "BD-09（百度）"]];
export const STATUSES = [["candidate", "候选 candidate"], ["loaded", "已列入 loaded"], ["verified", "已核实 verified"]];
export const CONFIDENCES = [
  ["entrance", "入口 entrance"], ["building", "建筑 building"], ["address", "门牌 address"], ["landmark", "地标 landmark"],
  ["street", "道路 street"], ["area", "街道范围 area"], ["none", "未定位 none"],
];
export const MISTAKES = {
  gone: "已不存在 gone", position: "位置不对 position", entrance: "入口不对 entrance", hours: "开放时间不对 hours",
  access: "进入规定不对 access", way: "走不通 way", name: "名称不对 name", other: "其他 other",
};
export const GROUPS = [
  ["名称与类别", "Name and kind", ["name", "kind", "category", "subdistrict", "address", "level", "batch", "designations"]],
  ["位置", "Position", ["lon", "lat", "position_confidence", "position_source", "datum", "licence", "redistributable", "entrances"]],
  ["家庭要知道的", "For families", ["access", "opening_hours", "capacity", "website", "contact", "open_from", "open_to"]],
  ["登记", "Record", ["status", "status_reason", "source", "relations", "note"]],
];
export const LABELS = {
  facility_id: ["编号", "id"], kind: ["种类", "kind"], category: ["类别", "category"], name: ["名称", "name"], subdistrict: ["街道", "subdistrict"],
  address: ["地址", "address"], lon: ["经度", "longitude"], lat: ["纬度", "latitude"], status: ["状态", "status"], status_reason: ["状态依据", "reason of status"],
  source: ["来源", "source"], position_source: ["位置来源", "source of position"], position_confidence: ["位置可信度", "confidence"],
  datum: ["来源坐标系", "datum of the source"], licence: ["位置许可", "licence"], redistributable: ["可公开位置", "may be passed on"],
  designations: ["称号", "designations"], level: ["级别", "level"], batch: ["批次", "batch"], open_from: ["启用日期", "open from"], open_to: ["停用日期", "open to"],
  note: ["备注", "note"], entrances: ["入口", "entrances"], access: ["进入规定", "access"], opening_hours: ["开放时间", "opening hours"],
  capacity: ["容量", "capacity"], website: ["网址", "website"], contact: ["单位电话", "office line"], relations: ["关系", "relations"],
};
export const CHOICES = {
  kind: KINDS, status: STATUSES, position_confidence: CONFIDENCES, datum: [["", "—"], ...DATUMS],
  access: [["", "—"], ["public", "对公众开放 public"], ["booking", "需预约 booking"], ["pupils", "限师生家长 pupils"]],
  redistributable: [["true", "是 yes"], ["false", "否 no"]],
};
export const LONG = new Set(["address", "opening_hours", "website", "relations", "note", "status_reason", "source", "position_source", "designations", "name", "entrances"]);
export const CHANGES = { added: ["新增", "added"], changed: ["修改", "changed"], moved: ["移动", "moved"], removed: ["移除", "removed"], gone: ["未列出（保留）", "not named (kept)"] };
export const STAGES = { build: ["计算", "compute"], map: ["制图", "draw the map"], report: ["报告", "write the report"], swap: ["换上", "put in place"] };
export const STATES = { running: ["进行中", "running"], done: ["完成", "done"], failed: ["失败", "failed"], cancelled: ["已取消", "cancelled"] };
