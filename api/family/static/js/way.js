// A walk in words: what a person would say of each leg.
import { distance } from './state.js';
import { t } from './words.js';

const SHORT_M = 12;
const SAID = ['lift', 'escalator', 'cableway', 'crossing', 'footbridge', 'underpass', 'stairs'];
const PLAIN = ['lift', 'escalator', 'cableway'];

/** Legs as sentences, neighbours of one kind and name joined, scraps left out. */
export function wayWords(walk) {
  const joined = [];
  for (const leg of walk.legs) {
    const kind = SAID.includes(leg.kind) ? leg.kind : 'walk';
    const last = joined[joined.length - 1];
    const scrap = kind === 'walk' && leg.metres < SHORT_M;
    if (last && ((last.kind === kind && (last.name === leg.name || scrap)) || (scrap && last.kind === 'walk'))) {
      last.metres += leg.metres;
      last.steps += leg.steps;
      last.rise_m = last.rise_m === null || leg.rise_m === null ? null : last.rise_m + leg.rise_m;
    } else if (!scrap) joined.push({ ...leg, kind });
  }
  return joined.map((leg) => ({ kind: leg.kind, text: sentence(leg) }));
}

function sentence(leg) {
  const d = distance(leg.metres);
  if (PLAIN.includes(leg.kind)) return withName(leg, t(`leg_${leg.kind}`));
  if (leg.kind === 'stairs') {
    const way = leg.rise_m > 0.5 ? 'leg_up' : leg.rise_m < -0.5 ? 'leg_down' : 'leg_stairs';
    return withName(leg, t(way, { n: Math.max(1, Math.round(leg.steps)) }));
  }
  if (leg.kind !== 'walk') return t(`leg_${leg.kind}`, { d });
  return leg.name ? t('leg_street', { name: leg.name, d }) : t('leg_walk', { d });
}

const withName = (leg, text) => (leg.name ? t('leg_named', { name: leg.name, leg: text }) : text);
