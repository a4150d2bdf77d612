// The legend on the map, and the signs of all of it.
function swatches(items) {
  return el('ul', { class: 'swatches' }, items.map(([style, text]) => el('li', {}, el('i', { style }), text)));
}

/** As the map hatches a gap of this cause. */
function causeSwatch(cause) {
  const colour = STYLE.theme.cause[cause];
  const open = isUnknownGap({ cause });
  return { background: `repeating-linear-gradient(${open ? 45 : 135}deg,${colour} 0 1.5px,#f6f1ee 1.5px 5px)`, border: `1px ${open ? 'dashed' : 'solid'} ${colour}` };
}

const yearLine = () => (state.year === null ? null : el('small', {}, `${yearText(YEARS.years.find((y) => y.year === state.year))} · ${t(state.undated ? 'with_undated' : 'only_dated')}`));

/** Where the places are on the way from a published count to a confirmed door. */
function ledgerLegend() {
  const count = (stage, test = () => true) => PLACES.filter((p) => ledgerOf(p) === stage && test(p)).length;
  const row = (stage, options = {}) => el('li', {}, sealElement({ ...STYLE.tiers.community, colour: STYLE.theme.ledger[stage], glyph: '' }, options, 6.5), `${t(`stage_${stage}`)} ${number(count(stage, (p) => p.spot))}`);
  const declared = LEDGER.tiers.map((r) => `${t(`tier_${r.tier}_short`)} ${r.declared === null ? t('unknown') : number(r.declared)}`).join(t('comma'));
  const nowhere = PLACES.filter((p) => !p.spot).length;
  return [el('ul', { class: 'swatches seals' }, row('verified'), row('confirmed'), row('approximate', { approximate: true }), row('candidates', { hollow: true })),
    el('small', {}, t('stage_unlocated', { n: number(nowhere) })), el('small', {}, t('stage_declared', { counts: declared }))];
}

function fillLegend() {
  const chosen = state.selected?.type === 'place' ? PLACES[state.selected.index] : null;
  const nested = (colour, cutoffs) => swatches(cutoffs.map((c, i) => [{ background: alpha(colour, TINT * (cutoffs.length - i) + 0.03), 'border-color': colour }, t('n_minutes', { n: c / 60 })]));
  let title;
  let body;
  if (chosen) {
    title = t('legend_own');
    body = hasCircles(chosen.index) ? nested(signOf(chosen).colour, CUTOFFS) : note(t('no_circles'));
  } else if (state.theme === 'unions') {
    title = `${t('theme_unions')} · ${t(`tier_${state.tier}_short`)}`;
    const known = UNIONS.has(`${state.tier} ${state.basis} ${LAST}`);
    body = [known ? nested(STYLE.tiers[state.tier].colour, CUTOFFS.filter((c) => c <= state.cutoff)) : note(t('no_union')), el('small', {}, `${t(`basis_${state.basis}`)} · ${t('direction_from_short')}`), state.year === null ? null : el('small', {}, t('unions_all_years'))];
  } else if (state.theme === 'coverage') {
    title = `${t('theme_coverage')} · ${t(`tier_${state.tier}_short`)} · ${t('n_minutes', { n: state.cutoff / 60 })}`;
    const steps = STYLE.theme.shares;
    body = [swatches([...steps.map((c, i) => [{ background: c }, `${(100 / steps.length) * i}–${(100 / steps.length) * (i + 1)}%`]), [{ background: 'repeating-linear-gradient(45deg,#b9bcbf 0 2px,#fff 2px 5px)' }, t('unknown')]]),
      el('small', {}, `${t(`basis_${state.basis}`)} · ${t('direction_to_short')}`), yearLine()];
  } else if (state.theme === 'gaps') {
    title = `${t('theme_gaps')} · ${t(state.gapTier ? `tier_${state.gapTier}_short` : 'all_tiers')}`;
    const shown = gapsShown();
    const causes = Object.keys(STYLE.theme.cause).filter((cause) => shown.some((gap) => gap.cause === cause));
    body = [el('small', {}, t('gap_legend')), swatches(causes.map((cause) => [causeSwatch(cause), `${coded('cause', cause)} ${number(shown.filter((gap) => gap.cause === cause).length)}`])), el('small', {}, t('direction_to_short'))];
  } else if (state.theme === 'ledger') {
    title = t('theme_ledger');
    body = ledgerLegend();
  } else if (state.theme === 'lights') {
    title = t('theme_lights');
    body = [swatches(Object.entries(STYLE.theme.light).map(([light, colour]) => [{ background: light === 'grey' ? 'repeating-linear-gradient(45deg,#b9bcbf 0 2px,#fff 2px 5px)' : colour }, t(`light_${light}`)])), el('small', {}, t('light_short'))];
  }
  if (title && state.sites.size) body = [body, el('p', { class: 'sign-line' }, siteElement([...state.sites][0]), t('next_legend'))].flat();
  if (title && state.mobile.size) body = [body, mobileLegend()].flat();
  if (title && state.pairs) body = [body, el('p', { class: 'sign-line' }, pairElement(), t('pairs_legend'))].flat();
  if (title && state.missing) body = [body, el('p', { class: 'sign-line' }, missingElement(), t('missing_check'))].flat();
  byId('legend').hidden = !title;
  byId('legend').replaceChildren(...(title ? [el('h2', {}, title), ...[body].flat().filter(Boolean)] : []));
}

/** Every sign; on paper only those of what is shown. */
function signsLegend(paper = false) {
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
    SITES.length && (!paper || state.sites.size) ? sign(siteElement('community'), t('sign_next')) : null,
    NEIGHBOURHOODS.length && (!paper || state.mobile.size) ? mobileSigns(sign) : null,
    PAIRS.length && (!paper || state.pairs) ? sign(pairElement(), t('pairs_layer')) : null,
    !paper || state.missing ? sign(missingElement(), t('missing_layer')) : null,
    (paper && state.theme !== 'gaps' ? [] : Object.keys(STYLE.theme.cause)).map((cause) => sign(el('i', { class: 'patch', style: causeSwatch(cause) }), t('sign_gap', { cause: coded('cause', cause) }))),
    !paper || state.links ? [sign(plate(true), t('sign_link_used')), sign(plate(false), t('sign_link_unused'))] : null,
    sign(markLine('stairs'), t('sign_stairs')), sign(markLine('path'), t('sign_path')), sign(markLine('street'), t('sign_street')),
    sign(markLine('bridge'), t('sign_bridge')), sign(markLine('rail'), t('sign_rail')), sign(markLine('metro'), t('sign_metro')),
    sign(markLine('border'), t('sign_border')), sign(markLine('boundary'), t('sign_boundary')));
}
