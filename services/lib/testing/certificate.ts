import { generate } from 'selfsigned';
import type { Certificate } from '../http/listen.ts';

/** A certificate for that name, made for each run: no key is in the repository. It is its own authority. */
export async function makeCertificate(name = 'localhost'): Promise<Certificate> {
  const altNames = [{ type: 2, value: name } as const];
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert, key };
}
