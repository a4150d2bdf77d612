// Where next: sites that are proposed, and which base each school uses.
const siteColour = (site) => STYLE.tiers[site.tier].colour;
const isChosenSite = (site) => state.selected?.type === 'site' && state.selected.index === site.index;
const sitesShown = () => SITES.filter((s) => state.sites.has(s.tier) || isChosenSite(s));

/** A flag with a number in it: nothing is there yet. A board hangs left of its post, where no flag of the same place is. */
function hungSign(ctx, colour, text, x, y, r, { chosen = false, board = false, level = 0 } = {}) {
  const [top, foot] = [y - r * (3.1 + 2.05 * level), y];
  ctx.save();
  ctx.lineJoin = ctx.lineCap = 'round';
  const shape = () => {
    ctx.beginPath();
    ctx.moveTo(x, foot);
    ctx.lineTo(x, top);
    if (board) return ctx.roundRect(x - r * 2.5, top, r * 2.5, r * 1.8, r * 0.4);
    ctx.lineTo(x + r * 2.5, top);
    ctx.lineTo(x + r * 1.95, top + r * 0.9);
    ctx.lineTo(x + r * 2.5, top + r * 1.8);
    return ctx.lineTo(x, top + r * 1.8);
  };
  shape();
  ctx.lineWidth = chosen ? 6 : 4.6;
  ctx.strokeStyle = '#ffffff';
  ctx.stroke();
  ctx.fillStyle = chosen ? colour : '#ffffff';
  ctx.fill();
  shape();
  ctx.lineWidth = 1.9;
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(x, foot, r * 0.34, 0, Math.PI * 2);
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.font = `700 ${Math.round(r * 1.35)}px ${STYLE.fonts.sans}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = chosen ? '#ffffff' : colour;
  ctx.fillText(text, x + r * (board ? -1.25 : 1.02), top + r * 0.96);
  ctx.restore();
}

function signElement(draw) {
  const canvas = el('canvas', { class: 'seal', width: 60, height: 60, 'aria-hidden': 'true' });
  const ctx = canvas.getContext('2d');
  ctx.scale(2, 2);
  draw(ctx);
  return canvas;
}
const siteElement = (tier, text = '') => signElement((ctx) => hungSign(ctx, STYLE.tiers[tier].colour, text, 8, 26, 7));
const pairElement = () => signElement((ctx) => {
  ctx.beginPath();
  ctx.moveTo(4, 22);
  ctx.lineTo(26, 8);
  ctx.lineWidth = 2;
  ctx.strokeStyle = STYLE.tiers.base.colour;
  ctx.stroke();
  seal(ctx, { ...STYLE.tiers.school, glyph: '' }, 6, 21, 4);
  seal(ctx, { ...STYLE.tiers.base, glyph: '' }, 24, 9, 4);
});
const flagRadius = (zoom) => Math.min(11, Math.max(6.4, 7 * 1.15 ** (zoom - 14)));

function paintSites(frame) {
  const r = flagRadius(frame.zoom);
  const shown = sitesShown().filter((s) => frame.sees(s.spot));
  for (const site of shown.sort((a, b) => isChosenSite(a) - isChosenSite(b) || b.n - a.n)) {
    hungSign(frame.ctx, siteColour(site), String(site.n), frame.x(site.spot.x), frame.y(site.spot.y), r, { chosen: isChosenSite(site) });
  }
}

/** The pairs of a chosen school or base; all of them where the layer is on and nothing of them is chosen. */
function pairsOf(index) {
  return PAIRS.filter((p) => p.school === index || p.base === index);
}
function pairsShown() {
  const seen = (p) => isShown(PLACES[p.school]) && isShown(PLACES[p.base]);
  const own = state.selected?.type === 'place' ? pairsOf(state.selected.index) : [];
  if (own.length) return own.filter((p) => isShown(PLACES[p.school === state.selected.index ? p.base : p.school]));
  return state.pairs ? PAIRS.filter(seen) : [];
}
const categoryColour = (id) => (STYLE.categories[CATEGORIES.findIndex((c) => c.id === id)] ?? STYLE.uncategorised).colour;

/** Who goes where, as a straight line. */
function thread({ ctx, x, y }, a, b, colour, width, halo) {
  ctx.beginPath();
  ctx.moveTo(x(a.x), y(a.y));
  ctx.lineTo(x(b.x), y(b.y));
  for (const [w, c] of halo ? [[4.6, '#ffffffcc'], [width, colour]] : [[width, colour]]) {
    ctx.lineWidth = w;
    ctx.strokeStyle = c;
    ctx.stroke();
  }
}

function paintPairs(frame) {
  const shown = pairsShown();
  if (!shown.length) return;
  const own = state.selected?.type === 'place';
  frame.ctx.save();
  frame.ctx.lineCap = 'round';
  for (const pair of shown) {
    const colour = categoryColour(pair.category);
    thread(frame, PLACES[pair.school].spot, PLACES[pair.base].spot, own ? colour : alpha(colour, 0.75), own ? 2.2 : 1.3, own);
  }
  frame.ctx.restore();
}

/** One tick a tier for sites and for classes, and one for the pairs; nothing where the bundle proposes nothing. */
function nextTicks() {
  const tiers = TIERS.filter((tier) => SITES.some((s) => s.tier === tier));
  if (!tiers.length && !NEIGHBOURHOODS.length && !PAIRS.length) return null;
  return [el('h3', {}, t('next_title')),
    tiers.map((tier) => tick(t(`next_${tier}`), state.sites.has(tier), (on) => change({ sites: toggled(state.sites, tier, on) }), { mark: siteElement(tier), count: SITES.filter((s) => s.tier === tier).length })),
    mobileTicks(),
    PAIRS.length ? tick(t('pairs_layer'), state.pairs, (pairs) => change({ pairs }), { mark: pairElement(), count: PAIRS.length }) : null];
}

const placeButton = (index, text = PLACES[index].name) => el('button', { type: 'button', class: 'link', onclick: () => choose({ type: 'place', index }, { move: true }) }, text);

function siteCard(site) {
  const others = SITES.filter((s) => s.tier === site.tier && s.index !== site.index);
  const sure = site.status === 'optimal' ? t('next_optimal') : t('next_bounded', { gap: percent(site.gap) });
  return frameCard(siteElement(site.tier, String(site.n)), site.name, t('next_rank', { tier: t(`tier_${site.tier}`), n: site.n }),
    el('p', { class: 'chips' }, chip(t('next_proposed'), 'dashed'), chip(sure, 'plain')),
    el('section', {}, el('h3', {}, t('next_people')), el('div', { class: 'figure' },
      el('strong', {}, number(site.newly_covered)), el('span', {}, t('people_unit')),
      el('small', {}, t('low_high', { low: number(site.newly_covered_low), high: number(site.newly_covered_high) })))),
    facts([
      [t('homes'), number(site.newly_covered_homes)],
      [t('next_share'), percent(site.share)], [t('next_covered'), range(site.covered_low, site.covered, site.covered_high)],
      [t('next_mean'), number(site.mean_min, 1)],
      [t('next_existing'), number(site.existing)], [t('next_candidates'), number(site.candidates)],
      [t('next_room'), placeButton(site.place)],
      ...others.map((s) => [t('next_other', { n: s.n }), el('button', { type: 'button', class: 'link', onclick: () => choose({ type: 'site', index: s.index }, { move: true }) }, s.name)]),
    ]), note(t('next_note', { n: number(site.minutes) })));
}

/** In the card of a school its bases by category, in that of a base its schools. */
function pairSection(place) {
  const own = pairsOf(place.index);
  if (!own.length) return null;
  const isSchool = own[0].school === place.index;
  const first = own[0];
  const filled = { n: number(first.schools_of_base), most: number(first.limit) };
  const load = isSchool ? null : note(first.limit_basis === 'capacity' ? t('pairs_load', filled) : t('pairs_load_assumed', filled));
  const name = (p) => inLanguage(CATEGORIES.find((c) => c.id === p.category) ?? {}, 'zh', 'en') || p.category;
  return el('section', {}, el('h3', {}, t(isSchool ? 'pairs_bases' : 'pairs_schools')),
    facts(own.map((p) => [isSchool ? name(p) : placeButton(p.school), isSchool ? placeButton(p.base) : null, el('span', { class: 'line' }, t('n_minutes', { n: number(p.walk_s / 60) }))].filter(Boolean))),
    load, isSchool ? note(t('pairs_note')) : null);
}
