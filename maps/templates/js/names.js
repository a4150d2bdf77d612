// Lettering on the canvas: the important first, each only where it meets no other.
const RIVER_SLANT = -0.24;
const HAN = /^\p{Script=Han}+$/u; // such a name stands upright, sign under sign, along a steep street

function lettering(frame) {
  const { ctx } = frame;
  const taken = [];
  const clear = (box) => taken.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3]);
  return {
    reserve: (x, y, r) => taken.push([x - r, y - r, x + r, y + r]),
    /** Write lines of [text, font, colour] centred on x, y; false where there is no room. */
    write(rows, x, y, { angle = 0, spacing = 0, slant = 0, halo = 3, force = false, gap = 3 } = {}) {
      let width = 0;
      let height = 0;
      for (const row of rows) {
        ctx.font = row[1];
        ctx.letterSpacing = `${spacing}px`;
        row.size = parseFloat(row[1].match(/([\d.]+)px/)[1]);
        width = Math.max(width, ctx.measureText(row[0]).width);
        height += row.size * 1.24;
      }
      const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
      const [w, h] = [(width * cos + height * sin) / 2 + gap, (width * sin + height * cos) / 2 + gap];
      const box = [x - w, y - h, x + w, y + h];
      if (!force && !clear(box)) return false;
      taken.push(box);
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(angle);
      ctx.transform(1, 0, slant, 1, 0, 0);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.lineJoin = 'round';
      let down = -height / 2;
      for (const row of rows) {
        const [text, font, colour] = row;
        ctx.font = font;
        ctx.letterSpacing = `${spacing}px`;
        const at = down + row.size * 0.62;
        ctx.strokeStyle = alpha(G.halo, 0.9);
        ctx.lineWidth = halo;
        if (halo) ctx.strokeText(text, spacing / 2, at);
        ctx.fillStyle = colour;
        ctx.fillText(text, spacing / 2, at);
        down += row.size * 1.24;
      }
      ctx.restore();
      ctx.letterSpacing = '0px';
      return true;
    },
  };
}

function nameSelected(frame, pen) {
  const place = state.selected?.type === 'place' ? PLACES[state.selected.index] : null;
  if (!place?.spot) return;
  const [x, y] = [frame.x(place.spot.x), frame.y(place.spot.y)];
  pen.reserve(x, y, 20);
  pen.write([[place.name, `700 14px ${STYLE.fonts.sans}`, STYLE.theme.selected]], x, y + 33, { halo: 4, force: true });
}

function nameCircles(frame, pen) {
  if (state.selected?.type !== 'place') return;
  for (const { cutoff, bounds } of circlePaths(state.selected.index)) {
    if (!bounds) continue;
    const x = frame.x((worldX(bounds[0][1]) + worldX(bounds[1][1])) / 2);
    const y = frame.y(worldY(bounds[1][0]));
    const colour = signOf(PLACES[state.selected.index]).colour;
    pen.write([[t('n_minutes', { n: cutoff / 60 }), `700 12px ${STYLE.fonts.sans}`, colour]], x, y - 9, { halo: 3.5 });
  }
}

function nameSubdistricts(frame, pen) {
  if (frame.zoom > 16.6) return;
  const size = Math.min(18, Math.max(11.5, 13.5 * 1.22 ** (frame.zoom - 14)));
  for (const place of SUBDISTRICTS) {
    if (!place.spot || !frame.sees(place.spot, 0)) continue;
    const short = (place.name ?? place.code).replace(/^(.{2,})街道$/, '$1');
    const name = state.lang === 'en' ? place.name_en || place.name : short;
    const rows = [[name, `600 ${size}px ${STYLE.fonts.serif}`, G.text]];
    if (state.theme === 'lights') rows.push([t(`light_${lightOf(place.code)}`), `700 ${size}px ${STYLE.fonts.sans}`, G.text]);
    if (state.theme === 'coverage' && state.selected?.type !== 'place') {
      const row = coverageOf(place.code);
      rows.push([row && !row.unknown ? percent(row.share) : t('unknown'), `700 ${size + 1}px ${STYLE.fonts.sans}`, G.text]);
    }
    pen.write(rows, frame.x(place.spot.x), frame.y(place.spot.y), { spacing: state.lang === 'en' ? 0.4 : size * 0.16, halo: 5 });
  }
}

function nameWaters(frame, pen) {
  for (const [name, lon, lat, slope, breadth] of base.waterNames) {
    const place = spot([lon, lat]);
    const wide = breadth * 2 ** (frame.zoom - 17.1);
    if (!frame.sees(place, 0) || wide < 16) continue;
    const size = Math.min(24, Math.max(13.5, wide * 0.3));
    const upright = Math.abs(slope) > 55;
    pen.write([[name, `600 ${size}px ${STYLE.fonts.serif}`, G.waterText]], frame.x(place.x), frame.y(place.y),
      { angle: upright ? 0 : (-slope * Math.PI) / 180, spacing: size * 0.7, slant: RIVER_SLANT, halo: 0 });
  }
}

function nameStations(frame, pen) {
  if (!state.rails || frame.zoom < 14.8) return;
  const written = new Set();
  for (const station of STATIONS) {
    if (!station.name || written.has(station.name) || !frame.sees(station.spot)) continue;
    const [x, y] = [frame.x(station.spot.x), frame.y(station.spot.y)];
    const done = pen.write([[station.name, `500 11.5px ${STYLE.fonts.sans}`, G.station]], x, y + 13, { halo: 3 });
    if (done) written.add(station.name);
  }
}

function namePlaces(frame, pen) {
  if (frame.zoom < 15.8) return;
  const r = sealRadius(frame.zoom);
  const size = frame.zoom < 16.8 ? 12 : 13;
  for (const place of PLACES.filter((p) => isShown(p) && frame.sees(p.spot)).sort((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier))) {
    const short = place.name.length > 16 ? `${place.name.slice(0, 15)}…` : place.name;
    const rows = [[short, `500 ${size}px ${STYLE.fonts.sans}`, STYLE.ink.ink]];
    const [x, y] = [frame.x(place.spot.x), frame.y(place.spot.y)];
    const away = r * 1.28 + (place.approximate ? 5 : 1) + size * 0.75;
    if (!pen.write(rows, x, y + away, { gap: 1 })) pen.write(rows, x, y - away, { gap: 1 });
  }
}

function nameStreets(frame, pen) {
  if (frame.zoom < 15.4) return;
  const first = { major: 15.4, minor: 15.8, local: 16.6, plaza: 16.6, stairs: 17.2 };
  for (const [name, lon, lat, slope, street] of base.streetNames) {
    const place = spot([lon, lat]);
    if (frame.zoom < first[street] || !frame.sees(place, 0)) continue;
    const size = (street === 'major' ? 12 : 11) + (frame.zoom > 16.8 ? 1 : 0);
    const colour = street === 'stairs' ? G.stairs : G.streetText;
    const font = `500 ${size}px ${STYLE.fonts.sans}`;
    if (Math.abs(slope) > 52 && HAN.test(name)) {
      const lean = Math.sign(slope) * (90 - Math.abs(slope));
      pen.write([...name].map((sign) => [sign, font, colour]), frame.x(place.x), frame.y(place.y), { angle: (lean * Math.PI) / 180, halo: 2.6, gap: 6 });
    } else {
      pen.write([[name, font, colour]], frame.x(place.x), frame.y(place.y), { angle: (-slope * Math.PI) / 180, spacing: frame.zoom > 16.8 ? 2.4 : 0.8, halo: 2.6, gap: 8 });
    }
  }
}

function paintNames(frame) {
  const pen = lettering(frame);
  nameSelected(frame, pen);
  nameCircles(frame, pen);
  for (const index of state.routes) {
    if (showsStops(ROUTES[index])) for (const stop of ROUTES[index].stopList) if (stop.spot) pen.reserve(frame.x(stop.spot.x), frame.y(stop.spot.y), 11);
  }
  if (state.theme === 'gaps') for (const { x, y } of gapDiscs(frame)) pen.reserve(x, y, 11);
  for (const site of sitesShown()) pen.reserve(frame.x(site.spot.x) + 9, frame.y(site.spot.y) - 12, 13);
  for (const room of roomsShown()) pen.reserve(frame.x(room.spot.x) - 9, frame.y(room.spot.y) - 12, 13);
  for (const area of areasShown()) pen.reserve(frame.x(area.spot.x), frame.y(area.spot.y), areaRadius(area, frame.zoom));
  if (state.names) nameSubdistricts(frame, pen);
  nameWaters(frame, pen);
  if (frame.zoom >= 15.2) {
    const r = sealRadius(frame.zoom) * 1.1;
    for (const place of PLACES) if (isShown(place) && frame.sees(place.spot)) pen.reserve(frame.x(place.spot.x), frame.y(place.spot.y), r);
  }
  if (!state.names) return;
  nameStations(frame, pen);
  namePlaces(frame, pen);
  nameStreets(frame, pen);
}

function paintSigns(frame) {
  paintDoors(frame);
  paintFound(frame);
  paintStations(frame);
  paintLinks(frame);
  paintMissingSigns(frame);
  paintPairs(frame);
  paintAreas(frame);
  paintPlaces(frame);
  paintSites(frame);
  paintRooms(frame);
  paintGapRanks(frame);
  paintStops(frame);
  paintNames(frame);
  paintMeasured(frame);
  paintHere(frame);
}
