/**
 * Certificates for one test: see `src/testing/certificates.ts`.
 *
 * @module
 */
import { canMakeCertificates } from "../../src/testing/certificates.ts";

export * from "../../src/testing/certificates.ts";

/** A reason to skip what needs certificates, or `false`. */
export const noOpenssl: string | false = canMakeCertificates() ? false : "openssl is not installed";
