// Uploads a file with tus-js-client, as any program would that knows nothing of us.
//
//   node client.mjs NODE_MODULES FILE ENDPOINT OPTIONS
//
// OPTIONS are JSON, and go to the library as they are. Each line of output is the bytes that were
// sent so far; the last one is the upload's URL.

import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'

const [packages, file, endpoint, options] = process.argv.slice(2)
const { Upload } = createRequire(`${packages}/`)('tus-js-client')

const upload = new Upload(createReadStream(file), {
  endpoint,
  // The server may be away for a while, as an onion is when a circuit breaks.
  retryDelays: Array(100).fill(100),
  onShouldRetry: () => true,
  onProgress: (sent) => console.log(sent),
  onError: (error) => {
    console.error(error.message)
    process.exit(1)
  },
  onSuccess: () => console.log(upload.url),
  ...JSON.parse(options),
})
upload.start()
