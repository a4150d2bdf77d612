"""What every reader of a table must know: of what, from when, counted how, under which licence."""

from __future__ import annotations

from dataclasses import dataclass

from maps.report.phrases import word
from maps.report.reading import Study, plain

__all__ = ["Note", "attributions", "notes"]

OSM = "© OpenStreetMap contributors"


@dataclass(frozen=True, slots=True)
class Note:
    """A labelled fact in Chinese and English."""

    label: str
    zh: str
    en: str


def notes(study: Study) -> list[Note]:
    """Say what the figures are of, how they were counted and what may be done with them."""
    manifest = study.manifest
    minutes = study.cutoff_s() / 60
    walker = word(f"profile_{plain(manifest['profile'])}", plain(manifest["profile"]))
    review = word("review_note")
    same = plain(manifest["data_date"])
    return [
        Note("数据日期 date", f"街道数据截至 {same}", f"street data of {same}"),
        Note(
            "步行者 walker",
            f"{walker[0]}；家 → 点位；时间按山城实况（台阶、坡度、等候）计",
            f"{walker[1]}; from home to place; times true to hills, stairs and waits",
        ),
        Note("时限 cutoff", f"{minutes:g} 分钟", f"{minutes:g} minutes"),
        Note(
            "口径 basis",
            "confirmed 已确认：只计已入册且已定位的点位；all 含候选：再计候选和近似位置",
            "confirmed: listed by the district and located; all: candidates and approximate positions too",
        ),
        Note(
            "人数 people",
            "人数为估计，写低、中、高：各人口模型的最少、平均、最多；页面上取整到十",
            "people are an estimate, always low, middle and high: least, mean and most of the models; on the pages to "
            "the nearest ten",
        ),
        Note("未知 unknown", "空格与“未知”是不知道，不是零", "an empty cell and 未知 mean not known, never zero"),
        Note(
            "单位 units",
            "s 秒，min 分钟，m 米，m2 平方米，km 公里；覆盖率为 0 至 1",
            "s seconds, min minutes, m metres, m2 square metres, km kilometres; shares from 0 to 1",
        ),
        Note(
            "由来 origin",
            "servicecircle build → python -m maps report；每个工作表即成果包的一张表",
            "servicecircle build, then python -m maps report; every sheet is a table of the bundle",
        ),
        Note("成果包 bundle", f"manifest.json SHA-256 {study.bundle_sha256}", "of the bundle's manifest.json"),
        Note("参数 parameters", f"SHA-256 {plain(manifest['parameters_sha256'])}", "of all parameters"),
        Note("许可 licence", attributions(study), "street data: ODbL 1.0, openstreetmap.org/copyright"),
        Note("审图 review", review[0], review[1]),
    ]


def attributions(study: Study) -> str:
    """Name those whom the sources' licences ask to be named, each once, OpenStreetMap first."""
    named = [plain(source.get("attribution")) for source in study.manifest["sources"]]
    return "；".join(dict.fromkeys([f"{OSM} (ODbL 1.0)", *(n for n in named if n and n != OSM)]))
