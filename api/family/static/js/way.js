// A walk in words and in parts: which stretches of the line are stairs, and what a person would say of each leg.
import { distance } from './state.js';
import { t } from './words.js';

const SHORT_M = 12;

/** Cut the line where legs end; return its stretches on stairs. Legs and line have the same length but for rounding. */
export function waySplit(line, legs, between) {
  const along = [0];
  for (let i = 1; i < line.length; i += 1) along.push(along[i - 1] + between(line[i - 1], line[i]));
  const walked = legs.reduce((sum, leg) => sum + leg.metres, 0);
  const scale = walked > 0 ? along[along.length - 1] / walked : 1;
  const stairs = [];
  let from = 0;
  for (const leg of legs) {
    const to = from + leg.metres * scale;
    if (leg.kind === 'stairs') stairs.push(stretch(line, along, from, to));
    from = to;
  }
  return { stairs };
}

function pointAt(line, along, at) {
  const after = Math.min(Math.max(along.findIndex((value) => value >= at), 1), line.length - 1);
  const share = along[after] > along[after - 1] ? (at - along[after - 1]) / (along[after] - along[after - 1]) : 0;
  const kept = Math.min(1, Math.max(0, share));
  return [0, 1].map((k) => line[after - 1][k] + (line[after][k] - line[after - 1][k]) * kept);
}

function stretch(line, along, from, to) {
  const inner = line.filter((_, i) => along[i] > from && along[i] < to);
  return [pointAt(line, along, from), ...inner, pointAt(line, along, to)];
}

/** Legs as sentences, neighbours of one kind and name joined, scraps left out. */
export function wayWords(walk) {
  const onStairs = walk.legs.filter((leg) => leg.kind === 'stairs').reduce((sum, leg) => sum + leg.metres, 0);
  const joined = [];
  for (const leg of walk.legs) {
    const kind = ['street', 'path', 'link'].includes(leg.kind) ? 'walk' : leg.kind;
    const last = joined[joined.length - 1];
    const scrap = kind === 'walk' && leg.metres < SHORT_M;
    if (last && ((last.kind === kind && (last.name === leg.name || scrap)) || (scrap && last.kind === 'walk'))) {
      last.metres += leg.metres;
      last.rise_m = last.rise_m === null || leg.rise_m === null ? null : last.rise_m + leg.rise_m;
    } else if (!scrap) joined.push({ ...leg, kind });
  }
  return joined.map((leg) => ({ kind: leg.kind, text: sentence(leg, onStairs > 0 ? (walk.steps * leg.metres) / onStairs : 0) }));
}

function sentence(leg, steps) {
  const d = distance(leg.metres);
  if (leg.kind === 'lift' || leg.kind === 'escalator') return withName(leg, t(`leg_${leg.kind}`));
  if (leg.kind === 'crossing') return t('leg_crossing', { d });
  if (leg.kind === 'stairs') {
    const way = leg.rise_m > 0.5 ? 'leg_up' : leg.rise_m < -0.5 ? 'leg_down' : 'leg_stairs';
    return withName(leg, t(way, { n: Math.max(1, Math.round(steps)) }));
  }
  return leg.name ? t('leg_street', { name: leg.name, d }) : t('leg_walk', { d });
}

const withName = (leg, text) => (leg.name ? t('leg_named', { name: leg.name, leg: text }) : text);
