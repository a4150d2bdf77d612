// Mobile classes: rooms with their weeks, and the neighbourhoods without a place that they serve, or cannot.
const isChosenRoom = (room) => state.selected?.type === 'room' && state.selected.index === room.index;
const isChosenArea = (area) => state.selected?.type === 'area' && state.selected.index === area.index;
const roomName = (room) => PLACES[room.place].name;
const weeksText = (room) => room.weeks.map((week) => number(week)).join(t('comma'));
const areasOf = (room) => NEIGHBOURHOODS.filter((a) => a.rooms.includes(room.index));
const unserved = (tier) => NEIGHBOURHOODS.filter((a) => a.tier === tier && !a.served).sort((a, b) => b.people - a.people);

/** What is on, and of a chosen room or neighbourhood its own partners. */
const roomsShown = () => ROOMS.filter((r) => state.mobile.has(r.tier) || isChosenRoom(r) || areasOf(r).some(isChosenArea));
const areasShown = () => NEIGHBOURHOODS.filter((a) => state.mobile.has(a.tier) || isChosenArea(a) || a.rooms.some((i) => isChosenRoom(ROOMS[i])));

/** Full: it has its class. A broken ring with a cross: no class can serve it. */
function areaSign(ctx, colour, served, x, y, r, chosen = false) {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, r + (chosen ? 4 : 1.8), 0, Math.PI * 2);
  ctx.fillStyle = '#ffffffd9';
  ctx.fill();
  if (chosen) {
    ctx.lineWidth = 2;
    ctx.strokeStyle = STYLE.theme.selected;
    ctx.stroke();
  }
  ctx.beginPath();
  ctx.arc(x, y, r, 0, Math.PI * 2);
  ctx.lineWidth = 1.7;
  ctx.strokeStyle = colour;
  if (served) {
    ctx.fillStyle = alpha(colour, 0.8);
    ctx.fill();
  } else {
    ctx.setLineDash([3, 2.4]);
    ctx.stroke();
    ctx.setLineDash([]);
    const arm = Math.min(3.6, r * 0.45);
    ctx.beginPath();
    for (const side of [arm, -arm]) {
      ctx.moveTo(x - side, y - arm);
      ctx.lineTo(x + side, y + arm);
    }
    ctx.stroke();
  }
  ctx.restore();
}

const roomElement = (tier, text = '') => signElement((ctx) => hungSign(ctx, STYLE.tiers[tier].colour, text, 23, 26, 7, { board: true }));
const areaElement = (tier, served) => signElement((ctx) => areaSign(ctx, STYLE.tiers[tier].colour, served, 15, 15, 8));

const areaRadius = (area, zoom) => (3.6 + Math.sqrt(Math.max(0, area.people)) / 18) * (flagRadius(zoom) / 7);
/** The board of another tier in the same place hangs above. */
const levelOf = (room, shown) => shown.filter((r) => r.place === room.place && r.index < room.index).length;

/** The larger first, so that none is hidden; who goes where as straight lines. */
function paintAreas(frame) {
  const { ctx } = frame;
  const shown = areasShown();
  ctx.save();
  ctx.lineCap = 'round';
  for (const area of shown) {
    for (const room of area.rooms.map((i) => ROOMS[i])) {
      thread(frame, area.spot, room.spot, STYLE.tiers[area.tier].colour, isChosenArea(area) || isChosenRoom(room) ? 2.8 : 1.8, true);
    }
  }
  ctx.restore();
  for (const area of shown.filter((a) => frame.sees(a.spot)).sort((a, b) => isChosenArea(a) - isChosenArea(b) || b.people - a.people)) {
    areaSign(ctx, STYLE.tiers[area.tier].colour, area.served, frame.x(area.spot.x), frame.y(area.spot.y), areaRadius(area, frame.zoom), isChosenArea(area));
  }
}

function paintRooms(frame) {
  const r = flagRadius(frame.zoom);
  const shown = roomsShown();
  for (const room of shown.filter((own) => frame.sees(own.spot)).sort((a, b) => isChosenRoom(a) - isChosenRoom(b) || levelOf(b, shown) - levelOf(a, shown))) {
    hungSign(frame.ctx, STYLE.tiers[room.tier].colour, String(room.weeks.length), frame.x(room.spot.x), frame.y(room.spot.y), r, { chosen: isChosenRoom(room), board: true, level: levelOf(room, shown) });
  }
}

const roomButton = (room) => el('button', { type: 'button', class: 'link', onclick: () => choose({ type: 'room', index: room.index }, { move: true }) }, roomName(room));
const areaButton = (area) => el('button', { type: 'button', class: 'link', onclick: () => choose({ type: 'area', index: area.index }, { move: true }) }, area.name);
const whyNone = (area) => inLanguage(area, 'why_zh', 'why_en');

/** Who has no class, most people first, and why. */
function unservedList(tier) {
  const own = unserved(tier);
  if (!own.length) return null;
  const people = number(own.reduce((sum, area) => sum + area.people, 0));
  return el('details', {}, el('summary', {}, t('mobile_none', { n: number(own.length), people })),
    facts(own.map((area) => [t('n_people', { n: number(area.people) }), areaButton(area), el('span', { class: 'line' }, whyNone(area))])));
}

/** One tick a tier; where it is on, who has no class. */
function mobileTicks() {
  return TIERS.filter((tier) => NEIGHBOURHOODS.some((a) => a.tier === tier)).flatMap((tier) => [
    tick(t(`mobile_${tier}`), state.mobile.has(tier), (on) => change({ mobile: toggled(state.mobile, tier, on) }), { mark: roomElement(tier), count: ROOMS.filter((r) => r.tier === tier).length }),
    state.mobile.has(tier) ? unservedList(tier) : null]);
}

/** What the term is, and what it takes for granted; nothing where the bundle does not say. */
function termNote() {
  const { term } = MOBILE;
  return [term ? note(t('mobile_term', { rooms: number(term.rooms), weeks: number(term.weeks), every: number(term.every) })) : null,
    term ? note(t('mobile_assumed', { share: percent(term.share), seats: number(term.seats), reach: percent(term.reach) })) : null,
    note(t('mobile_how'))];
}

function mobileSure(tier) {
  const { status, gap } = MOBILE.tiers[tier];
  return chip(status === 'optimal' ? t('next_optimal') : t('next_bounded', { gap: percent(gap) }), 'plain');
}

function roomCard(room) {
  return frameCard(roomElement(room.tier, String(room.weeks.length)), roomName(room), t('mobile_room', { tier: t(`tier_${room.tier}`) }),
    el('p', { class: 'chips' }, chip(t('next_proposed'), 'dashed'), mobileSure(room.tier)),
    facts([
      [t('mobile_weeks'), weeksText(room)],
      [t('mobile_guests'), number(room.guests)],
      [t('mobile_seats'), room.seats_known ? number(room.seats) : t('mobile_seats_assumed', { n: number(room.seats) })],
      ...areasOf(room).map((area) => [t('mobile_for'), areaButton(area), el('span', { class: 'line' }, t('n_people', { n: number(area.people) }))]),
      [t('next_room'), placeButton(room.place)],
    ]), termNote());
}

function areaCard(area) {
  return frameCard(areaElement(area.tier, area.served), area.name, `${t(`tier_${area.tier}`)} · ${areaText(area.served)}`,
    el('p', { class: 'chips' }, mobileSure(area.tier)),
    el('section', {}, el('h3', {}, t('mobile_people')), el('div', { class: 'figure' },
      el('strong', {}, number(area.people)), el('span', {}, t('people_unit')),
      el('small', {}, t('low_high', { low: number(area.people_low), high: number(area.people_high) })))),
    facts([
      [t('mobile_why'), area.served ? null : whyNone(area)],
      [t('homes'), number(area.homes)], [t('mobile_round'), number(area.guests)],
      [t('mobile_in_reach'), area.served ? number(area.people_in_reach) : null],
      ...area.rooms.map((i) => [t('next_room'), roomButton(ROOMS[i]), el('span', { class: 'line' }, t('mobile_in_weeks', { weeks: weeksText(ROOMS[i]) }))]),
    ]), note(t('mobile_spot')), termNote());
}

const areaText = (served) => t(served ? 'sign_area_served' : 'sign_area_none');
const mobileSigns = (sign, tier = 'community') => [sign(roomElement(tier), t('sign_room')), ...[true, false].map((served) => sign(areaElement(tier, served), areaText(served)))];
/** Of the first tier that is on. */
const mobileLegend = () => mobileSigns((mark, text) => el('p', { class: 'sign-line' }, mark, text), TIERS.find((own) => state.mobile.has(own)));

/** With everybody it has to do with. */
function boundsOfMobile(found) {
  const own = found.type === 'room' ? ROOMS[found.index] : NEIGHBOURHOODS[found.index];
  const spots = [own, ...(own.weeks ? areasOf(own) : own.rooms.map((i) => ROOMS[i]))].map((one) => one.spot);
  return [Math.min, Math.max].map((end) => ['lat', 'lon'].map((key) => end(...spots.map((s) => s[key]))));
}
