// The page of layers, the legend on the map, the signs.
const markLine = (kind) => el('i', { class: `mark ${kind}`, 'aria-hidden': 'true' });

function layersPage() {
  const count = (test) => PLACES.filter((p) => p.spot && test(p)).length;
  return [
    section(t('theme_title'),
      choice(t('theme_title'), ['unions', 'coverage', 'gaps', 'lights', 'none'].map((v) => [v, t(`theme_${v}`)]), state.theme, (theme) => change({ theme, selected: null, cutoff: LAST })),
      state.theme === 'unions' || state.theme === 'coverage' ? [
        choice(t('tier'), TIERS.map((v) => [v, t(`tier_${v}_short`), sealElement(STYLE.tiers[v], {}, 7)]), state.tier, (tier) => change({ tier, gapTier: tier })),
        cutoffsOfTheme().length > 1 ? choice(t('minutes_title'), cutoffsOfTheme().map((v) => [v, t('n_minutes', { n: v / 60 })]), state.cutoff, (cutoff) => change({ cutoff })) : null,
        choice(t('basis_title'), BASES.map((v) => [v, t(`basis_${v}`)]), state.basis, (basis) => change({ basis })),
        note(t(state.theme === 'unions' ? 'direction_from' : 'direction_to')),
      ] : null,
      state.theme === 'lights' ? note(t('light_note')) : null,
      state.theme === 'gaps' ? choice(t('tier'), [['', t('all_tiers')], ...TIERS.map((v) => [v, t(`tier_${v}_short`)])], state.gapTier, (gapTier) => change({ gapTier })) : null),
    section(t('places_title'),
      TIERS.map((tier) => tick(t(`tier_${tier}`), state.tiers.has(tier), (on) => change({ tiers: toggled(state.tiers, tier, on) }), { mark: sealElement(STYLE.tiers[tier]), count: count((p) => p.tier === tier) })),
      el('div', { class: 'ticks two' },
        tick(t('candidates'), state.candidates, (candidates) => change({ candidates }), { small: true, count: count(isCandidate) }),
        tick(t('approximate'), state.approximate, (approximate) => change({ approximate }), { small: true, count: count((p) => p.approximate) }))),
    section(t('categories_title'),
      el('div', { class: 'ticks two' }, categoryIndexes().map((i) => tick(i < 0 ? t('uncategorised') : categoryName(i), state.categories.has(i), (on) => change({ categories: toggled(state.categories, i, on) }),
        { small: true, mark: sealElement({ shape: 'diamond', ...(STYLE.categories[i] ?? STYLE.uncategorised) }, {}, 7.4), count: count((p) => p.tier === 'base' && p.categoryIndex === i) }))),
      categoriesNote()),
    section(t('more_title'),
      tick(t('routes_all'), state.routes.size > 0, (on) => change({ routes: new Set(on ? ROUTES.keys() : []) }), { count: ROUTES.length }),
      tick(t('missing_layer'), state.missing, (missing) => change({ missing }), { mark: missingElement(), count: MISSING.length }),
      tick(t('links'), state.links, (links) => change({ links }), { count: LINKS.filter((l) => l.spot).length }),
      el('div', { class: 'ticks two' }, ['rails', 'buildings', 'borders', 'names'].map((key) => tick(t(`ground_${key}`), state[key], (on) => change({ [key]: on }), { small: true })))),
  ];
}

/** Circles exist for every cutoff; shares only for those the bundle counted. */
const cutoffsOfTheme = () => (state.theme === 'unions' ? CUTOFFS : CUTOFFS.filter((c) => COVERAGE.rows[state.tier]?.[state.basis]?.[c]));

const categoriesNote = () => {
  const published = CATEGORIES.filter((c) => c.published).length;
  return published < CATEGORIES.length ? note(t('categories_note', { n: published, all: CATEGORIES.length })) : null;
};

const categoryIndexes = () => [...CATEGORIES.keys(), ...(PLACES.some((p) => p.tier === 'base' && p.categoryIndex < 0) ? [-1] : [])];

function swatches(items) {
  return el('ul', { class: 'swatches' }, items.map(([style, text]) => el('li', {}, el('i', { style }), text)));
}

/** As the map hatches a gap of this cause. */
function causeSwatch(cause) {
  const colour = STYLE.theme.cause[cause];
  const open = isUnknownGap({ cause });
  return { background: `repeating-linear-gradient(${open ? 45 : 135}deg,${colour} 0 1.5px,#f6f1ee 1.5px 5px)`, border: `1px ${open ? 'dashed' : 'solid'} ${colour}` };
}

function fillLegend() {
  const chosen = state.selected?.type === 'place' ? PLACES[state.selected.index] : null;
  const nested = (colour, cutoffs) => swatches(cutoffs.map((c, i) => [{ background: alpha(colour, TINT * (cutoffs.length - i) + 0.03), 'border-color': colour }, t('n_minutes', { n: c / 60 })]));
  let title;
  let body;
  if (chosen) {
    title = t('legend_own');
    body = circlesOf()[chosen.index] ? nested(signOf(chosen).colour, CUTOFFS) : note(t('no_circles'));
  } else if (state.theme === 'unions') {
    title = `${t('theme_unions')} · ${t(`tier_${state.tier}_short`)}`;
    const known = UNIONS.has(`${state.tier} ${state.basis} ${LAST}`);
    body = [known ? nested(STYLE.tiers[state.tier].colour, CUTOFFS.filter((c) => c <= state.cutoff)) : note(t('no_union')), el('small', {}, `${t(`basis_${state.basis}`)} · ${t('direction_from_short')}`)];
  } else if (state.theme === 'coverage') {
    title = `${t('theme_coverage')} · ${t(`tier_${state.tier}_short`)} · ${t('n_minutes', { n: state.cutoff / 60 })}`;
    const steps = STYLE.theme.shares;
    body = [swatches([...steps.map((c, i) => [{ background: c }, `${(100 / steps.length) * i}–${(100 / steps.length) * (i + 1)}%`]), [{ background: 'repeating-linear-gradient(45deg,#b9bcbf 0 2px,#fff 2px 5px)' }, t('unknown')]]),
      el('small', {}, `${t(`basis_${state.basis}`)} · ${t('direction_to_short')}`)];
  } else if (state.theme === 'gaps') {
    title = `${t('theme_gaps')} · ${t(state.gapTier ? `tier_${state.gapTier}_short` : 'all_tiers')}`;
    const shown = gapsShown();
    const causes = Object.keys(STYLE.theme.cause).filter((cause) => shown.some((gap) => gap.cause === cause));
    body = [el('small', {}, t('gap_legend')), swatches(causes.map((cause) => [causeSwatch(cause), `${coded('cause', cause)} ${number(shown.filter((gap) => gap.cause === cause).length)}`])), el('small', {}, t('direction_to_short'))];
  } else if (state.theme === 'lights') {
    title = t('theme_lights');
    body = [swatches(Object.entries(STYLE.theme.light).map(([light, colour]) => [{ background: light === 'grey' ? 'repeating-linear-gradient(45deg,#b9bcbf 0 2px,#fff 2px 5px)' : colour }, t(`light_${light}`)])), el('small', {}, t('light_short'))];
  }
  if (title && state.missing) body = [body, el('p', { class: 'sign-line' }, missingElement(), t('missing_check'))].flat();
  byId('legend').hidden = !title;
  byId('legend').replaceChildren(...(title ? [el('h2', {}, title), ...[body].flat()] : []));
}

function signsLegend() {
  const sign = (mark, text) => el('li', {}, mark, el('span', {}, text));
  const tier = STYLE.tiers;
  const plate = (used) => {
    const canvas = el('canvas', { class: 'seal', width: 60, height: 60, 'aria-hidden': 'true' });
    const ctx = canvas.getContext('2d');
    ctx.scale(2, 2);
    linkSign(ctx, { kind: 'lift', used }, 15, 15, 8);
    return canvas;
  };
  return el('ul', { class: 'signs' },
    TIERS.map((name) => sign(sealElement(tier[name]), t(`tier_${name}`))),
    sign(sealElement(tier.community, { hollow: true }), t('sign_candidate')),
    sign(sealElement(tier.community, { approximate: true }, 7), t('sign_approximate')),
    CATEGORIES.map((_, i) => sign(sealElement({ shape: 'diamond', ...STYLE.categories[i] }), categoryName(i))),
    sign(missingElement(), t('missing_layer')), Object.keys(STYLE.theme.cause).map((cause) => sign(el('i', { class: 'patch', style: causeSwatch(cause) }), t('sign_gap', { cause: coded('cause', cause) }))),
    sign(plate(true), t('sign_link_used')), sign(plate(false), t('sign_link_unused')),
    sign(markLine('stairs'), t('sign_stairs')), sign(markLine('path'), t('sign_path')), sign(markLine('street'), t('sign_street')),
    sign(markLine('bridge'), t('sign_bridge')), sign(markLine('rail'), t('sign_rail')), sign(markLine('metro'), t('sign_metro')),
    sign(markLine('border'), t('sign_border')), sign(markLine('boundary'), t('sign_boundary')));
}
