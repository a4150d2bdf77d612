// Study routes: published and proposed ones apart, filtered, and the card of one with its legs.
const LENGTHS = { short: [0, 2000], middle: [2000, 4000], long: [4000, Infinity] };
const STEPS = { none: 0, few: 100, some: 300 };

const routeMark = (route, kind = '') =>
  el('i', { class: `route-mark ${kind} ${route.proposed ? 'proposed' : ''}`, style: { '--own': routeColour(route) } });
const boundsOfRoute = (route) => (route.lines.length ? boundsOf(route.lines) : null);

/** The shown routes and this one; another proposed one makes room, unless all of them are shown. */
function routesWith(route) {
  const shown = [...state.routes].map((i) => ROUTES[i]);
  const all = shown.filter((r) => r.proposed).length > 1;
  return new Set([...shown.filter((r) => !r.proposed || !route.proposed || all), route].map((r) => r.index));
}

function routeUnder(here, width) {
  probe.lineWidth = width;
  const shown = [...state.routes].map((i) => ROUTES[i]).filter((r) => r.lines.length);
  return shown.sort((a, b) => showsStops(b) - showsStops(a)).find((route) => probe.isPointInStroke(route.path, here.x, here.y));
}

/** What is not known fits no wish; a lower bound is taken for what it says. */
function isWished(route) {
  const wish = state.routeWish;
  const [from, to] = LENGTHS[wish.length] ?? [0, Infinity];
  return route.proposed === wish.proposed && (!wish.theme || route.theme === wish.theme) && (!wish.age || route.age_band === wish.age)
    && (!wish.length || (route.metres !== null && route.metres >= from && route.metres < to))
    && (!wish.steps || (route.steps !== null && route.steps <= STEPS[wish.steps])) && (!wish.stepfree || route.stepfree === true);
}

function pickList(name, key, options) {
  const wish = (event) => change({ routeWish: { ...state.routeWish, [key]: event.target.value } });
  return el('label', { class: 'wish' }, el('span', {}, name), el('select', { 'data-wish': key, onchange: wish },
    [['', t('any')], ...options].map(([value, text]) => el('option', { value, selected: state.routeWish[key] === value }, text))));
}

function wishes(own) {
  const kinds = (key, group) => [...new Set(own.map((r) => r[key]))].filter(Boolean).sort().map((v) => [v, coded(group, v)]);
  return el('div', { class: 'wishes' },
    pickList(t('theme_of'), 'theme', kinds('theme', 'theme')), pickList(t('age'), 'age', kinds('age_band', 'age')),
    pickList(t('route_length'), 'length', Object.keys(LENGTHS).map((k) => [k, t(`length_${k}`)])),
    pickList(t('steps'), 'steps', Object.keys(STEPS).map((k) => [k, t(`steps_${k}`)])),
    tick(t('stepfree_only'), state.routeWish.stepfree, (stepfree) => change({ routeWish: { ...state.routeWish, stepfree } }), { small: true }));
}

function walkText(route) {
  if (route.seconds === null) return t('route_unwalked');
  const least = route.at_least ? '≥' : '';
  const walked = t('route_walk', { minutes: least + number(route.seconds / 60), km: least + number(route.metres / 1000, 1) });
  const steps = route.steps === null ? '' : ` · ${route.steps ? t('route_steps', { n: number(route.steps) }) : least ? t('route_steps_least') : t('route_steps_none')}`;
  return `${walked} · ${route.ascent_m === null ? t('ascent_unknown') : t('ascent', { up: least + number(route.ascent_m) })}${steps}`;
}

function routesPage() {
  const { proposed } = state.routeWish;
  const kind = (own) => ROUTES.filter((r) => r.proposed === own);
  const found = ROUTES.filter(isWished);
  const kinds = [[false, t('routes_published')], [true, t('routes_proposed')]].map(([own, text]) => [own, `${text} ${number(kind(own).length)}`]);
  const turn = (own) => change({ routeWish: { ...state.routeWish, proposed: own, theme: '', age: '' } });
  return [
    el('section', { class: 'block' }, el('h2', {}, t('routes_title')),
      kind(true).length ? choice(t('routes_title'), kinds, proposed, turn) : null,
      el('p', { class: proposed ? 'warned' : '' }, t(proposed ? 'routes_proposed_lead' : 'routes_lead'))),
    wishes(kind(proposed)),
    el('p', { class: 'note', role: 'status' }, t('routes_found', { n: number(found.length), all: number(kind(proposed).length) })),
    el('ul', { class: 'rows' }, found.map(routeRow)),
  ];
}

function routeRow(route) {
  const on = state.routes.has(route.index);
  const show = () => (on ? change({ routes: toggled(state.routes, route.index, false), selected: null }) : choose({ type: 'route', index: route.index }, { move: true }));
  return el('li', { class: 'route' }, el('button', { type: 'button', class: 'row', 'aria-pressed': String(on), 'data-route': route.route_id, onclick: show },
    routeMark(route),
    el('span', { class: 'row-text' }, el('b', {}, route.name),
      el('small', {}, t('route_stops', { theme: coded('theme', route.theme), located: number(route.stops_located), stops: number(route.stops) })),
      el('small', {}, walkText(route)))));
}

const marked = (value, mark, digits = 0) => (value === null ? t('unknown') : `${mark}${number(value, digits)}`);

function stopTimes(stop) {
  const times = [stop.arrive, stop.leave].filter(Boolean).join('–');
  const stay = stop.dwell_min ? t(stop.dwell_assumed ? 'stay_assumed' : 'stay', { n: number(stop.dwell_min) }) : '';
  return [times && `${stop.at_least ? '≥' : ''}${times}`, stay].filter(Boolean).join(' · ');
}

function legLines(leg) {
  const least = leg.at_least ? '≥' : '';
  if (leg.seconds === null) return [leg.problem || t('unknown')];
  const steps = leg.steps === null ? t('steps_unknown') : leg.steps ? t('leg_steps', { n: `${leg.estimated ? '≈' : ''}${number(leg.steps)}`, flight: leg.flight ? t('leg_flight', { n: number(leg.flight) }) : '' }) : '';
  const more = [];
  if (leg.stepfree === false) more.push(leg.stepfree_metres === null ? t('no_stepfree') : t('stepfree_more', { m: number(Math.max(0, leg.stepfree_metres - leg.metres)) }));
  if (leg.crossings) more.push(t('leg_crossings', { n: number(leg.crossings), lights: coded('signals', leg.plain === leg.crossings ? 'none' : leg.lights === leg.crossings ? 'all' : 'some'), names: leg.crossed.replaceAll(';', t('comma')) }));
  if (leg.rides) more.push(`${t('leg_rides', { n: number(leg.rides) })} ${leg.fee === null ? '' : leg.fee ? `¥${number(leg.fee, 2)}` : t('free')}`);
  if (leg.skipped) more.push(t('leg_skipped', { n: number(leg.skipped) }));
  return [[t('leg_walk', { minutes: least + number(Math.max(1, leg.seconds / 60)), m: least + number(leg.metres) }), `↑${marked(leg.ascent, '')} ↓${marked(leg.descent, '')} m`, steps].filter(Boolean).join(' · '), ...more];
}

function stopsList(route) {
  const legs = new Map(route.legList.map((leg) => [leg.start, leg]));
  return el('ol', { class: 'walk-list' }, route.stopList.flatMap((stop) => {
    const state_ = stop.spot ? [isApproximate(stop) ? t('approximate') : '', stop.candidate ? t('candidates') : ''].filter(Boolean).join(' · ') : t('unlocated');
    const text = el('span', {}, el('b', {}, stop.name), el('small', {}, [state_, stopTimes(stop)].filter(Boolean).join(' · ')));
    const rank = el('i', { class: `rank ${stop.spot && isApproximate(stop) ? 'hollow' : ''}`, style: { '--own': stop.spot ? routeColour(route) : '#8b8f94' } }, stop.seq);
    const go = () => choose({ type: 'stop', index: route.index, seq: stop.seq });
    const row = el('li', { class: stop.spot ? 'stop' : 'stop lost' }, stop.spot ? el('button', { type: 'button', onclick: go }, rank, text) : [rank, text]);
    const leg = legs.get(stop.seq);
    return leg ? [row, el('li', { class: 'leg' }, legLines(leg).map((line) => el('span', {}, line)))] : [row];
  }));
}

const SEVERITY = { blocks: '✗', care: '!', unknown: '?' };

function faultsOf(route) {
  if (!route.faults.length) return null;
  const rows = Object.keys(SEVERITY).flatMap((kind) => route.faults.filter(([, severity]) => severity === kind));
  const blocking = route.faults.filter(([, severity]) => severity !== 'unknown').length;
  return el('details', { open: blocking > 0 }, el('summary', {}, t('faults_title', { n: number(rows.length) })),
    el('ul', { class: 'faults' }, rows.map(([seq, severity, zh, en]) => el('li', { class: severity },
      el('b', { title: t(`severity_${severity}`), 'aria-label': t(`severity_${severity}`) }, SEVERITY[severity]), el('span', {}, state.lang === 'en' ? en : zh, seq ? el('small', {}, ` (${seq})`) : null)))));
}

function routeCard(route) {
  const least = route.at_least ? '≥' : '';
  const supposed = (key) => (route.assumed.includes(key) ? t('assumed_mark') : '');
  return frameCard(routeMark(route), route.name, [route.route_id, t('stops_count', { located: number(route.stops_located), stops: number(route.stops) })].join(' · '),
    el('p', { class: 'chips' }, chip(t(route.proposed ? 'routes_proposed' : 'routes_published'), route.proposed ? 'dashed' : 'solid'), chip(coded('theme', route.theme), 'plain'),
      route.feasible ? chip(t(`feasible_${route.feasible}_short`)) : null, route.stepfree ? chip(t('profile_stepfree')) : null),
    route.proposed ? el('p', { class: 'warned' }, t('proposed_note')) : null,
    facts([
      [t('on_foot'), route.seconds === null ? t('route_unwalked') : `${t('n_minutes', { n: marked(route.seconds / 60, least) })} · ${t('kilometres', { n: marked(route.metres / 1000, least, 1) })}`],
      [t('climb_down'), `↑ ${marked(route.ascent_m, least)} m　↓ ${marked(route.descent_m, least)} m`],
      [t('steps'), route.steps === null ? t('unknown') : `${route.steps ? '≈' : ''}${number(route.steps)}${route.flight ? ` ${t('leg_flight', { n: number(route.flight) })}` : ''}`],
      [t('fee'), route.fee === null ? null : route.fee ? `¥${number(route.fee, 2)}` : t('free')],
      [t('with_stops'), route.total_s === null ? null : t('n_minutes', { n: marked(route.total_s / 60, least) })],
      [t('departs_ends'), [route.depart + supposed('depart'), route.ends && least + route.ends].filter(Boolean).join(' – ')],
      [t('for_whom'), route.age_band ? `${coded('age', route.age_band)}${supposed('age_band')}${route.group_size === null ? '' : ` · ${t('people_n', { n: number(route.group_size) })}${supposed('group_size')}`}` : null],
      [t('limit'), route.limit_min === null ? null : `${t('n_minutes', { n: number(route.limit_min) })}${supposed('limit_minutes')}`],
    ]),
    el('section', {}, heightsOf(route)),
    el('section', {}, el('h3', {}, t('stops_in_order')), stopsList(route)),
    faultsOf(route),
    route.why[0] ? el('section', {}, el('h3', {}, t('why_title')), el('p', { class: 'why' }, route.why[state.lang === 'en' ? 1 : 0])) : null,
    facts([[t('source'), [route.source, route.date].filter(Boolean).join(' · ')], [t('note'), route.note]]));
}
