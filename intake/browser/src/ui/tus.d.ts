/** The parts of tus-js-client that come without types of their own. */

declare module "tus-js-client/lib/upload.js" {
  import { defaultOptions, Upload } from "tus-js-client";
  export default class extends Upload {
    static defaultOptions: typeof defaultOptions;
  }
}

declare module "tus-js-client/lib/browser/httpStack.js" {
  import type { HttpRequest } from "tus-js-client";
  export default class {
    createRequest(method: string, url: string): HttpRequest;
  }
}
