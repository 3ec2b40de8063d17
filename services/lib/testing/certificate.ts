import { generate } from 'selfsigned';
import type { Certificate } from '../http/listen.ts';

/** Creates a self-signed certificate for a name. Each run creates its own, so no key is in the repository. */
export async function makeCertificate(name = 'localhost'): Promise<Certificate> {
  const altNames = [{ type: 2, value: name } as const];
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert, key };
}
