// What a finger or pointer means: the nearest sign within reach, else the area under it.
const REACH = 22;

function pick(map, containerPoint, reach = REACH) {
  const zoom = map.getZoom();
  const k = 2 ** (zoom - UNIT_ZOOM);
  const at = map.project(map.containerPointToLatLng(containerPoint), UNIT_ZOOM);
  const here = { x: at.x - ORIGIN.x, y: at.y - ORIGIN.y };
  let best = null;
  const offer = (place, found, weight = 0) => {
    if (!place) return;
    const distance = Math.hypot(place.x - here.x, place.y - here.y) * k + weight;
    if (distance <= reach && (!best || distance < best.distance)) best = { distance, found };
  };
  for (const index of state.routes) {
    if (showsStops(ROUTES[index])) for (const stop of ROUTES[index].stopList) offer(stop.spot, { type: 'stop', index, seq: stop.seq }, -3);
  }
  for (const place of PLACES) if (isShown(place)) offer(place.spot, { type: 'place', index: place.index }, isCandidate(place) ? 1 : 0);
  if (state.links) for (const link of LINKS) offer(link.spot, { type: 'link', index: link.index });
  for (const site of sitesShown()) offer({ x: site.spot.x + 9 / k, y: site.spot.y - 14 / k }, { type: 'site', index: site.index }, -4);
  for (const room of roomsShown()) offer({ x: room.spot.x - 9 / k, y: room.spot.y - (14 + 14 * levelOf(room, roomsShown())) / k }, { type: 'room', index: room.index }, -4);
  for (const area of areasShown()) offer(area.spot, { type: 'area', index: area.index }, 3);
  for (const link of missingShown()) offer(link.spot, { type: 'missing', index: link.index }, 2);
  if (state.theme === 'gaps') for (const gap of gapsShown()) offer(gap.spot, { type: 'gap', index: gap.index });
  if (best) return best.found;
  const route = routeUnder(here, reach / k);
  if (route) return { type: 'route', index: route.index };
  if (state.theme === 'lights' && state.selected?.type !== 'place') {
    const own = SUBDISTRICTS.find((s) => probe.isPointInPath(s.path, here.x, here.y));
    return own ? { type: 'light', code: own.code } : null;
  }
  if (state.theme !== 'gaps' || state.selected?.type === 'place') return null;
  const gap = gapsShown().find((g) => probe.isPointInPath(g.path, here.x, here.y));
  return gap ? { type: 'gap', index: gap.index } : null;
}
const probe = document.createElement('canvas').getContext('2d');

const subdistrictName = (code) => inLanguage(SUBDISTRICTS.find((s) => s.code === code) ?? {}, 'name', 'name_en') || code;

function nameOf(found) {
  if (found.type === 'place') return PLACES[found.index].name;
  if (found.type === 'link') return LINKS[found.index].name || coded('link', LINKS[found.index].kind);
  if (found.type === 'stop') return ROUTES[found.index].stopList.find((s) => s.seq === found.seq).name;
  if (found.type === 'route') return ROUTES[found.index].name;
  if (found.type === 'missing') return t('missing_title');
  if (found.type === 'site') return SITES[found.index].name;
  if (found.type === 'room') return roomName(ROOMS[found.index]);
  if (found.type === 'area') return NEIGHBOURHOODS[found.index].name;
  if (found.type === 'light') return subdistrictName(found.code);
  const gap = GAPS[found.index];
  return t('gap_title', { rank: gap.rank, where: gap.subdistrict_name ?? '' });
}
