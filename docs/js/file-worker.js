// Search runs in a worker, and a page opened as a file may not start one: a hidden frame takes its part.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #waiting = []
    #scope = null

    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.head.append(frame)
      const scope = frame.contentWindow
      scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
      const script = scope.document.createElement("script")
      script.src = new URL(url, location.href).href
      script.onload = () => {
        this.#scope = scope
        this.#waiting.splice(0).forEach((data) => this.postMessage(data))
      }
      scope.document.head.append(script)
    }

    postMessage(data) {
      if (this.#scope) this.#scope.dispatchEvent(new this.#scope.MessageEvent("message", { data }))
      else this.#waiting.push(data)
    }

    terminate() {}
  }
}
