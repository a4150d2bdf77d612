// The card of what was chosen: a place, a gap, a link, a stop.
const chip = (text, kind = '') => el('span', { class: `chip ${kind}` }, text);

function frameCard(sign, title, subtitle, ...body) {
  return [
    el('header', {},
      sign, el('div', { class: 'card-title' }, el('h2', { tabindex: '-1' }, title), subtitle ? el('p', {}, subtitle) : null),
      el('button', { type: 'button', class: 'close', 'aria-label': t('close'), onclick: () => choose(null) }, icon('close'))),
    el('div', { class: 'card-body', tabindex: '0', role: 'group', 'aria-label': title }, body),
  ];
}

function kindText(place) {
  const parts = [t(`tier_${place.tier}`)];
  if (place.tier === 'base' && place.categoryIndex >= 0) parts.push(categoryName(place.categoryIndex));
  if (place.kind === 'venue') parts.push(t('kind_venue'));
  if (place.level) parts.push(coded('level', place.level));
  return parts.join(' · ');
}

function peopleBand(place) {
  if (place.people_900 === null) return el('p', { class: 'figure unknown' }, t('unknown'));
  return el('div', { class: 'figure' },
    el('strong', {}, number(place.people_900)), el('span', {}, t('people_unit')),
    el('small', {}, t('low_high', { low: number(place.people_900_low), high: number(place.people_900_high) })));
}

function reachRow(place) {
  return el('div', { class: 'reach' }, TIERS.map((tier) => el('div', {},
    sealElement(STYLE.tiers[tier], {}, 8.4), el('strong', {}, number(place[`n_${tier}_900`])), el('small', {}, t(`tier_${tier}_short`)))));
}

/** Each circle's tint, area and streets; people only where the study counted them. */
function ringsTable(place, { circles }) {
  const sizes = AREAS[place.index];
  if (!sizes) return null;
  const cutoffs = Object.keys(sizes).map(Number).sort((a, b) => a - b);
  const tint = (c) => alpha(signOf(place).colour, TINT * (cutoffs.length - cutoffs.indexOf(c)) + 0.03);
  const people = (c) => (c === LAST ? number(place.people_900) : t('not_counted'));
  const marks = el('ul', { class: 'rings' }, cutoffs.map((c) => el('li', {}, el('i', { style: { background: tint(c), 'border-color': signOf(place).colour } }), t('n_minutes', { n: c / 60 }))));
  const rows = [[t('circle_area'), (c) => t('hectares', { n: number(sizes[c][0] / 1e4) })], [t('circle_streets'), (c) => t('kilometres', { n: number(sizes[c][1] / 1000, 1) })], [t('circle_people'), people]];
  return [circles.length ? marks : null, el('table', { class: 'circles' },
    el('thead', {}, el('tr', {}, el('td', {}), cutoffs.map((c) => el('th', { scope: 'col' }, t('n_minutes', { n: c / 60 }))))),
    el('tbody', {}, rows.map(([name, cell]) => el('tr', {}, el('th', { scope: 'row' }, name), cutoffs.map((c) => el('td', {}, cell(c)))))))];
}

const doorText = ({ reason, snap }) => `${coded('door', reason)}${snap === null ? '' : t('door_metres', { n: number(snap) })}`;

/** A link only where the address is one of the web; anything else is shown as it was written. */
function websiteOf(text) {
  if (!/^https?:\/\/[^\s]+$/i.test(text ?? '')) return text;
  return el('a', { href: text, target: '_blank', rel: 'noopener noreferrer' }, text);
}

const datesText = (place) => [place.open_from, place.open_to].some(Boolean) ? `${place.open_from ?? t('unknown')} – ${place.open_to ?? ''}` : null;

function placeCard(place) {
  const located = Boolean(place.spot);
  const own = ownOf(place.index);
  const designations = (place.designations ?? '').split(';').filter(Boolean).map((d) => chip(coded('designation', d), 'plain'));
  return frameCard(sealElement(signOf(place), placeOptions(place), 10), place.name, kindText(place),
    el('p', { class: 'chips' },
      chip(coded('status', place.status), isCandidate(place) ? 'open' : 'solid'),
      chip(t('position_is', { how: coded('confidence', place.position_confidence) }), place.approximate ? 'dashed' : located ? 'solid' : 'open'),
      designations, place.inside_area === false ? chip(t('outside_area'), 'open') : null),
    located
      ? [
        el('section', {}, el('h3', {}, t('people_title')), peopleBand(place), note(t('direction_to'))),
        el('section', {}, el('h3', {}, t('reach_title')), reachRow(place), note(t('direction_from'))),
        el('section', {}, el('h3', {}, t('circles_title')), ringsTable(place, own), own.state === 'ready' ? null : note(t(`circles_${own.state}`))),
      ]
      : note(t('unlocated_note')),
    pairSection(place),
    facts([
      [t('hours'), place.opening_hours ?? t('unknown')], [t('access'), place.access === null ? t('unknown') : coded('access', place.access)],
      [t('capacity'), place.capacity === null ? t('unknown') : number(Number(place.capacity))], [t('website'), websiteOf(place.website) ?? t('unknown')],
      located ? [t('doors'), ...(DOORS[place.index].length ? DOORS[place.index].map((door) => el('span', { class: 'line' }, doorText(door))) : [t('unknown')])] : null,
      [t('terrain_loss'), place.terrain_loss === null ? t('unknown') : t('against_level', { share: percent(place.terrain_loss) })],
      [t('address'), place.address], [t('subdistrict'), place.subdistrict], [t('batch'), place.batch], [t('open_dates'), datesText(place)],
      [t('status_reason'), place.status_reason], [t('source'), place.source], [t('position_source'), place.position_source === place.source ? null : place.position_source],
      [t('note'), place.note],
    ]));
}

/** Length, rise, minutes saved of a candidate link. */
const missingText = (link) => t('missing_facts', { kind: coded('missing', link.kind), length: number(link.length_m), rise: number(Math.abs(link.rise_m)), saved: minutes(link.saved_s) });

function barrierText(gap) {
  const name = [coded('barrier', gap.barrier_kind), gap.barrier_name].filter(Boolean).join(t('colon'));
  return gap.barred_s === null ? name : t('barrier_crossed', { name, minutes: minutes(gap.barred_s) });
}

function missingButton(gap) {
  const link = missingOf(gap);
  return link ? el('button', { type: 'button', class: 'link', onclick: () => choose({ type: 'missing', index: link.index }, { move: true }) }, missingElement(), el('span', {}, missingText(link))) : null;
}

const rankRange = (gap) => {
  if (gap.rank_low === null || gap.rank_high === null) return null;
  return gap.rank_low === gap.rank_high ? String(gap.rank_low) : `${gap.rank_low}–${gap.rank_high}`;
};

function gapCard(gap) {
  const suggestion = inLanguage(gap, 'suggestion_zh', 'suggestion_en');
  return frameCard(el('i', { class: 'rank', style: { background: gapColour(gap) } }, gap.rank), t('gap_title', { rank: gap.rank, where: gap.subdistrict_name ?? '' }),
    `${t(`tier_${gap.tier}`)} · ${coded('cause', gap.cause)}`,
    isUnknownGap(gap) ? note(t('gap_unknown')) : null,
    el('p', {}, inLanguage(gap, 'explanation_zh', 'explanation_en')),
    suggestion ? el('section', {}, el('h3', {}, t('suggestion')), el('p', {}, suggestion)) : null,
    gap.link_id ? el('section', {}, el('h3', {}, t('missing_title')), missingButton(gap), note(t('missing_note'))) : null,
    facts([
      [t('rank_range'), rankRange(gap)],
      [t('second_cause'), gap.second_cause ? coded('cause', gap.second_cause) : null],
      [t('barrier'), gap.barrier_kind ? barrierText(gap) : null],
      [t('people_beyond'), range(gap.people_low, gap.people, gap.people_high)], [t('homes'), number(gap.homes)],
      [t('nearest'), gap.nearest_name ?? t('unknown')], [t('nearest_minutes'), minutes(gap.nearest_s)],
      [t('mean_excess'), minutes(gap.mean_excess_s)],
    ]), note(t('direction_to')));
}

function missingCard(link) {
  const helped = GAPS.filter((g) => g.gap_id === link.gap_id || (g.link_id === link.link_id && g.tier === link.tier));
  return frameCard(missingElement(), t('missing_title'), t(`tier_${link.tier}`),
    el('p', { class: 'chips' }, chip(t('missing_check'), 'dashed')),
    el('p', {}, inLanguage(link, 'explanation_zh', 'explanation_en')),
    facts([
      [t('missing_kind'), coded('missing', link.kind)],
      [t('missing_length'), t('metres', { n: number(link.length_m) })], [t('missing_rise'), t('metres', { n: number(Math.abs(link.rise_m), 1) })],
      [t('missing_saved'), minutes(link.saved_s)], [t('missing_people'), range(link.people_low, link.people, link.people_high)],
      ...helped.map((gap) => [t('gap'), el('button', { type: 'button', class: 'link', onclick: () => choose({ type: 'gap', index: gap.index }, { move: true }) }, nameOf({ type: 'gap', index: gap.index }))]),
    ]), note(t('missing_note')));
}

function lightCard({ code }) {
  const row = LIGHTS[code];
  const light = lightOf(code);
  return frameCard(el('i', { class: 'rank', style: { background: STYLE.theme.light[light] } }, ''), subdistrictName(code), t(`light_${light}`),
    el('p', {}, row ? inLanguage(row, 'explanation_zh', 'explanation_en') : t('light_none')),
    facts([[t('light_score'), row && row.score !== null ? number(row.score, 1) : null]]),
    note(t('light_note')));
}

function linkCard(link) {
  const plate = el('canvas', { class: 'seal', width: 60, height: 60, 'aria-hidden': 'true' });
  const ctx = plate.getContext('2d');
  ctx.scale(2, 2);
  linkSign(ctx, link, 15, 15, 10);
  return frameCard(plate, link.name || coded('link', link.kind), coded('link', link.kind),
    el('p', { class: 'chips' }, chip(t(link.used ? 'link_used' : 'link_unused'), link.used ? 'solid' : 'open'), chip(coded('state', link.state), 'plain')),
    facts([
      [t('rise'), link.rise_m === null ? t('unknown') : t('metres', { n: number(link.rise_m) })],
      [t('fee'), link.fee_cny === null ? t('unknown') : link.fee_cny === 0 ? t('free') : `¥${number(link.fee_cny, 2)}`],
      [t('hours'), link.opening_hours ?? t('unknown')], [t('link_direction'), coded('way', link.direction)],
      [t('wheelchair'), coded('wheelchair', link.wheelchair)], [t('joins'), coded('joins', link.joins)],
      [t('source'), link.source], [t('note'), link.note],
    ]));
}

function stopCard({ index, seq }) {
  const route = ROUTES[index];
  const stop = route.stopList.find((s) => s.seq === seq);
  return frameCard(el('i', { class: 'rank', style: { background: routeColour(route) } }, seq), stop.name, route.name,
    facts([[t('route_times'), stopTimes(stop)], [t('confidence'), coded('confidence', stop.position_confidence)], [t('note'), stop.note], [t('source'), route.source]]),
    el('p', { class: 'buttons' }, el('button', { type: 'button', onclick: () => choose({ type: 'route', index }) }, t('route_whole'))));
}

const CARDS = {
  place: (found) => placeCard(PLACES[found.index]),
  gap: (found) => gapCard(GAPS[found.index]),
  missing: (found) => missingCard(MISSING[found.index]),
  site: (found) => siteCard(SITES[found.index]),
  room: (found) => roomCard(ROOMS[found.index]),
  area: (found) => areaCard(NEIGHBOURHOODS[found.index]),
  light: lightCard,
  link: (found) => linkCard(LINKS[found.index]),
  stop: stopCard,
  route: (found) => routeCard(ROUTES[found.index]),
};

function fillCard({ focus = false } = {}) {
  const card = byId('card');
  const found = state.selected;
  card.hidden = !found;
  document.body.classList.toggle('has-card', Boolean(found));
  if (!found) return card.replaceChildren();
  refill(card, CARDS[found.type](found));
  if (focus) {
    card.querySelector('.card-body').scrollTop = 0;
    card.querySelector('h2').focus({ preventScroll: true });
  }
  byId('live').textContent = nameOf(found);
  return null;
}
