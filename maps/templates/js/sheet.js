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
  repaint() {
    if (!this._map || this._map._animatingZoom || this._due) return;
    this._due = requestAnimationFrame(() => {
      this._due = null;
      if (this._map && !this._map._animatingZoom) this._redraw();
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
