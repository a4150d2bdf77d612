// The walking network. Every way is found here, in the phone: no position is sent anywhere.
import { DEGREE, lines, numbers, sums } from './codec.js';

const TENTH = 10;
const SHARE = 1000;
const RIDDEN = ['lift', 'escalator', 'cableway'];

/** Metres of a hundred-thousandth of a degree at a latitude: [east, north]. */
export function metresOf(lat) {
  const f = (lat * Math.PI) / 180;
  const north = 111132.95 - 559.85 * Math.cos(2 * f) + 1.17 * Math.cos(4 * f);
  const east = 111412.88 * Math.cos(f) - 93.5 * Math.cos(3 * f) + 0.12 * Math.cos(5 * f);
  return [east / DEGREE, north / DEGREE];
}

/** Seconds from what is above the foretold, doubled; an odd number is a closed edge. */
const priced = (written, foretold) => written.map((value, i) => (value % 2 ? Infinity : (value / 2 + Math.max(foretold[i], 0)) / TENTH));
const tenths = (seconds) => seconds.map((s) => (Number.isFinite(s) ? Math.round(s * TENTH) : -1));

function readWalker(book, metres) {
  const level = metres.map((m) => Math.floor(m / book.mps));
  const forward = priced(numbers(book.forward), level);
  const backward = priced(numbers(book.backward), tenths(forward));
  return { name: book.name, mps: book.mps, forward, backward, open: numbers(book.open) };
}

/** The network from its book: columns by edge, and which edges meet at each node. */
export function readNetwork(book, edges = lines(book.vertices, book.lines)) {
  const tail = sums(numbers(book.tail));
  const head = numbers(book.head).map((step, i) => tail[i] + step);
  const metres = numbers(book.metres);
  const known = (text) => numbers(text).map((v) => (v < 0 ? null : v / TENTH));
  const first = new Int32Array(book.nodes + 1);
  for (const node of [...tail, ...head]) first[node + 1] += 1;
  for (let i = 0; i < book.nodes; i += 1) first[i + 1] += first[i];
  const meeting = new Int32Array(2 * tail.length);
  const next = first.slice();
  for (let e = 0; e < tail.length; e += 1) {
    meeting[next[tail[e]]++] = e;
    meeting[next[head[e]]++] = e;
  }
  return {
    nodes: book.nodes, refuse_m: book.refuse_m, tail, head, first, meeting, metres: metres.map((m) => m / TENTH), doors: book.doors,
    kind: numbers(book.kind).map((k) => book.kinds[k]), name: sums(numbers(book.name)).map((n) => (n ? book.names[n - 1] : null)),
    up: known(book.up), down: known(book.down), steps: numbers(book.steps), estimated: numbers(book.estimated),
    lines: edges, walkers: book.walkers.map((own) => readWalker(own, metres)),
  };
}

const doorsOf = (network, walker, id) =>
  (network.doors[id]?.[network.walkers.indexOf(walker)] ?? []).map(([edge, share, metres]) => ({ edge, share: share / SHARE, metres: metres / TENTH }));

/** The foot of a point on a line in hundred-thousandths: how far, and at which share of its length. */
function footOn(line, x, y, east, north) {
  let [best, at, along] = [Infinity, 0, 0];
  for (let i = 2; i < line.length; i += 2) {
    const [ax, ay] = [line[i - 2] * east, line[i - 1] * north];
    const [dx, dy] = [line[i] * east - ax, line[i + 1] * north - ay];
    const span = dx * dx + dy * dy;
    const part = span ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / span)) : 0;
    const apart = Math.hypot(ax + part * dx - x, ay + part * dy - y);
    if (apart < best) [best, at] = [apart, along + part * Math.sqrt(span)];
    along += Math.sqrt(span);
  }
  return { metres: best, share: along ? at / along : 0 };
}

/** Where a point meets the streets of a walker: the nearest one that lies on the ground, or none within reach. */
function doorAt(network, walker, lon, lat) {
  const [east, north] = metresOf(lat);
  const [x, y] = [lon * DEGREE * east, lat * DEGREE * north];
  let best = { metres: Infinity };
  network.lines.forEach((line, edge) => {
    if (!walker.open[edge]) return;
    const foot = footOn(line, x, y, east, north);
    if (foot.metres < best.metres) best = { edge, ...foot };
  });
  return best.metres <= network.refuse_m ? [best] : [];
}

const part = (seconds, share) => (Number.isFinite(seconds) ? seconds * share : Infinity);

/** A heap of nodes by seconds. */
function createHeap() {
  const [keys, nodes] = [[], []];
  const swap = (i, j) => {
    [keys[i], keys[j]] = [keys[j], keys[i]];
    [nodes[i], nodes[j]] = [nodes[j], nodes[i]];
  };
  return {
    get size() { return keys.length; },
    push(key, node) {
      let i = keys.push(key) - 1;
      nodes.push(node);
      for (let above = (i - 1) >> 1; i > 0 && keys[above] > keys[i]; above = (i - 1) >> 1) {
        swap(i, above);
        i = above;
      }
    },
    pop() {
      const found = [keys[0], nodes[0]];
      const [key, node] = [keys.pop(), nodes.pop()];
      if (keys.length) {
        [keys[0], nodes[0]] = [key, node];
        for (let i = 0; ;) {
          const left = 2 * i + 1;
          const least = [left, left + 1].reduce((low, j) => (j < keys.length && keys[j] < keys[low] ? j : low), i);
          if (least === i) break;
          swap(i, least);
          i = least;
        }
      }
      return found;
    },
  };
}

/** Search from doors to every node (`homeward`: from every node to the doors). */
function search(network, walker, doors, homeward) {
  const { tail, head, first, meeting } = network;
  const [along, against] = homeward ? [walker.backward, walker.forward] : [walker.forward, walker.backward];
  const seconds = new Float64Array(network.nodes).fill(Infinity);
  const via = new Int32Array(network.nodes).fill(-1); // the edge by which a node was reached
  const origin = new Int32Array(network.nodes).fill(-1); // or the door
  const heap = createHeap();
  const reach = (node, cost, edge, door) => {
    if (cost >= seconds[node]) return;
    seconds[node] = cost;
    via[node] = edge;
    origin[node] = door;
    heap.push(cost, node);
  };
  doors.forEach(({ edge, share, metres }, k) => {
    reach(tail[edge], metres / walker.mps + part(against[edge], share), -1, k);
    reach(head[edge], metres / walker.mps + part(along[edge], 1 - share), -1, k);
  });
  while (heap.size) {
    const [cost, node] = heap.pop();
    if (cost > seconds[node]) continue;
    for (let i = first[node]; i < first[node + 1]; i += 1) {
      const edge = meeting[i];
      if (tail[edge] === node) reach(head[edge], cost + along[edge], edge, -1);
      if (head[edge] === node) reach(tail[edge], cost + against[edge], edge, -1);
    }
  }
  return { doors, homeward, seconds, via, origin, along, against };
}

/** The quickest end of a search at one of a place's doors: {seconds, door, by, ...}, or null. */
function arrive(network, walker, found, doors) {
  let best = null;
  const offer = (seconds, end) => {
    if (seconds < (best?.seconds ?? Infinity)) best = { seconds, ...end };
  };
  for (const door of doors) {
    const { edge, share, metres } = door;
    const access = metres / walker.mps;
    offer(found.seconds[network.tail[edge]] + part(found.along[edge], share) + access, { door, node: network.tail[edge], from: 0 });
    offer(found.seconds[network.head[edge]] + part(found.against[edge], 1 - share) + access, { door, node: network.head[edge], from: 1 });
    for (const own of found.doors) {
      if (own.edge !== edge) continue;
      const cost = part(share >= own.share ? found.along[edge] : found.against[edge], Math.abs(share - own.share));
      offer(own.metres / walker.mps + cost + access, { door, own });
    }
  }
  return best;
}

/** Stretches of edges from the search's door to the end, then the metres of access at both. */
function trace(network, found, end) {
  if (end.own) return { stretches: [{ edge: end.door.edge, from: end.own.share, to: end.door.share }], first: end.own, last: end.door };
  const stretches = [{ edge: end.door.edge, from: end.from, to: end.door.share }];
  let { node } = end;
  while (found.origin[node] < 0) {
    const edge = found.via[node];
    const forwards = network.head[edge] === node;
    stretches.push({ edge, from: forwards ? 0 : 1, to: forwards ? 1 : 0 });
    node = forwards ? network.tail[edge] : network.head[edge];
  }
  const first = found.doors[found.origin[node]];
  stretches.push({ edge: first.edge, from: first.share, to: network.tail[first.edge] === node && (network.head[first.edge] !== node || first.share < 0.5) ? 0 : 1 });
  return { stretches: stretches.reverse(), first, last: end.door };
}

const turned = ({ stretches, first, last }) =>
  ({ stretches: stretches.map(({ edge, from, to }) => ({ edge, from: to, to: from })).reverse(), first: last, last: first });

/** The part of an edge's line between two shares of its length, in walking direction, as [lon, lat] of degrees. */
export function cut(line, from, to) {
  if (to < from) return cut(line, to, from).reverse();
  const [east, north] = metresOf(line[1] / DEGREE);
  const along = [0];
  for (let i = 2; i < line.length; i += 2) along.push(along[along.length - 1] + Math.hypot((line[i] - line[i - 2]) * east, (line[i + 1] - line[i - 1]) * north));
  const total = along[along.length - 1];
  const at = (share) => {
    const wanted = share * total;
    const i = Math.min(Math.max(along.findIndex((value) => value >= wanted), 1), along.length - 1);
    const k = along[i] > along[i - 1] ? (wanted - along[i - 1]) / (along[i] - along[i - 1]) : 0;
    return [0, 1].map((j) => (line[2 * i - 2 + j] + (line[2 * i + j] - line[2 * i - 2 + j]) * Math.min(1, Math.max(0, k))) / DEGREE);
  };
  const inner = along.flatMap((value, i) => (value > from * total && value < to * total ? [[line[2 * i] / DEGREE, line[2 * i + 1] / DEGREE]] : []));
  return [at(from), ...inner, at(to)];
}

/** What a stretch adds: metres, climbs, steps. */
function measure(network, { edge, from, to }) {
  const share = Math.abs(to - from);
  const [up, down] = from <= to ? [network.up[edge], network.down[edge]] : [network.down[edge], network.up[edge]];
  const times = (value) => (value === null ? null : value * share);
  const kind = network.kind[edge];
  const ridden = RIDDEN.includes(kind);
  return {
    kind, name: network.name[edge], metres: network.metres[edge] * share, up: ridden ? 0 : times(up), down: ridden ? 0 : times(down),
    steps: network.steps[edge] * share, estimated: Boolean(network.estimated[edge]) && network.steps[edge] * share > 0,
  };
}

const add = (a, b) => (a === null || b === null ? null : a + b);

function total(network, way) {
  const sum = { metres: way.first.metres + way.last.metres, ascent_m: 0, descent_m: 0, steps: 0, steps_estimated: false };
  for (const stretch of way.stretches) {
    const own = measure(network, stretch);
    sum.metres += own.metres;
    sum.ascent_m = add(sum.ascent_m, own.up);
    sum.descent_m = add(sum.descent_m, own.down);
    sum.steps += own.steps;
    sum.steps_estimated ||= own.estimated;
  }
  return { ...sum, steps: Math.round(sum.steps) };
}

/** Legs of one kind and name, and the lines of the way and of its stairs. */
function explain(network, way, start, end) {
  const legs = [];
  const line = [[start.lon, start.lat]];
  const stairs = [];
  for (const stretch of way.stretches.filter(({ from, to }) => from !== to)) {
    const own = measure(network, stretch);
    const last = legs[legs.length - 1];
    if (last && last.kind === own.kind && last.name === own.name) {
      for (const key of ['metres', 'steps']) last[key] += own[key];
      last.rise_m = add(last.rise_m, add(own.up, own.down === null ? null : -own.down));
    } else legs.push({ kind: own.kind, name: own.name, metres: own.metres, steps: own.steps, rise_m: own.up === null ? null : own.up - own.down });
    const points = cut(network.lines[stretch.edge], stretch.from, stretch.to);
    line.push(...points);
    if (own.kind === 'stairs') stairs.push(points);
  }
  line.push([end.lon, end.lat]);
  return { ...total(network, way), legs, line: line.filter((point, i) => !i || point[0] !== line[i - 1][0] || point[1] !== line[i - 1][1]), stairs };
}

/** A start's ways to places and back for one walker; null where no street is near the start. */
export function journeys(network, walker, start) {
  const own = start.id && network.doors[start.id] ? doorsOf(network, walker, start.id) : doorAt(network, walker, start.lon, start.lat);
  if (!own.length) return null;
  const [out, home] = [search(network, walker, own, false), search(network, walker, own, true)];
  const way = (place, returning) => {
    const found = returning ? home : out;
    const end = arrive(network, walker, found, doorsOf(network, walker, place.id));
    return end && Number.isFinite(end.seconds) ? { end, found } : null;
  };
  return {
    /** Seconds there and back, metres and steps there; null where there is no way there. */
    to(place) {
      const there = way(place, false);
      if (!there) return null;
      const back = way(place, true);
      return { there: there.end.seconds, back: back?.end.seconds ?? null, ...total(network, trace(network, there.found, there.end)) };
    },
    /** The way in full, or null. */
    walk(place, returning) {
      const found = way(place, returning);
      if (!found) return null;
      const traced = trace(network, found.found, found.end);
      const ends = returning ? [turned(traced), place, start] : [traced, start, place];
      return { seconds: found.end.seconds, ...explain(network, ...ends) };
    },
  };
}
