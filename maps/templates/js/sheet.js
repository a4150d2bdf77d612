// How many pixels of a canvas make one of the page; paper asks for more than a screen.
const sharpness = { value: null };

// A canvas that one painter fills, kept in step with the map by Leaflet's own renderer.
const Sheet = L.Canvas.extend({
  initialize(painter, options) {
    L.Canvas.prototype.initialize.call(this, options);
    this._painter = painter;
  },
  onAdd() {
    L.Canvas.prototype.onAdd.call(this);
    this._map.on('move', this._follow, this);
  },
  onRemove() {
    this._map.off('move', this._follow, this);
    L.Canvas.prototype.onRemove.call(this);
  },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const sharp = sharpness.value ?? (L.Browser.retina ? 2 : 1);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = sharp * size.x;
    this._container.height = sharp * size.y;
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._ctx.scale(sharp, sharp);
    this._ctx.translate(-this._bounds.min.x, -this._bounds.min.y);
    this.fire('update');
  },
  /** Paper is never wiped: a page that is printed as drawn would lose what lies below, too. */
  _clear() {
    if (sharpness.value === null) L.Canvas.prototype._clear.call(this);
  },
  repaint() {
    if (!this._map || this._map._animatingZoom || this._due || sharpness.value !== null) return;
    this._due = requestAnimationFrame(() => {
      this._due = null;
      if (this._map && !this._map._animatingZoom && sharpness.value === null) this._redraw();
    });
  },
  /** While a finger drags past the padding, draw again before the edge shows. */
  _follow() {
    const size = this._map.getSize();
    const corner = this._map.containerPointToLayerPoint([0, 0]);
    const seen = L.bounds(corner, corner.add(size));
    if (!this._map._animatingZoom && this._bounds && !this._bounds.contains(seen)) this._update();
  },
  _updatePaths() {
    if (this._postponeUpdatePaths) return;
    this._redrawBounds = null;
    this._redraw();
  },
  _draw() {
    const zoom = this._map.getZoom();
    const at = this._map.project(MIDDLE, zoom).subtract(this._map.getPixelOrigin());
    const k = 2 ** (zoom - UNIT_ZOOM);
    const ctx = this._ctx;
    const frame = {
      ctx,
      zoom,
      k,
      bounds: this._bounds,
      x: (x) => at.x + x * k,
      y: (y) => at.y + y * k,
      px: (pixels) => pixels / k,
      /** Draw in world units; widths through px(). */
      world(draw) {
        ctx.save();
        ctx.translate(at.x, at.y);
        ctx.scale(k, k);
        draw(ctx);
        ctx.restore();
      },
      sees(place, margin = 40) {
        const b = frame.bounds;
        const x = frame.x(place.x);
        const y = frame.y(place.y);
        return x > b.min.x - margin && x < b.max.x + margin && y > b.min.y - margin && y < b.max.y + margin;
      },
    };
    ctx.save();
    ctx.lineJoin = 'round';
    this._painter(frame);
    ctx.restore();
  },
});
