/**
 * A certificate authority of our own, made by `openssl` for one server and gone with it.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One certificate and its key, as PEM text and as files. */
export interface Identity {
  /** The certificate. */
  readonly cert: string;
  /** Its key. */
  readonly key: string;
  /** The path of the certificate. */
  readonly certFile: string;
  /** The path of the key. */
  readonly keyFile: string;
}

/** An authority, and those it vouches for. */
export interface Certificates {
  /** The authority's own certificate. */
  readonly ca: string;
  /** The same as a file. */
  readonly caFile: string;
  /** A server at `localhost` and `127.0.0.1`. */
  readonly server: Identity;
  /** A client. */
  readonly client: Identity;
  /** Another server, at these names: `DNS:db.example`. */
  named(names: string): Identity;
  /** A server at `localhost` and `127.0.0.1` whose certificate ended in 2020. */
  expired(): Identity;
  /** Removes the files. */
  remove(): void;
}

/** Whether `openssl` can be run here, which makes them. */
export function canMakeCertificates(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Makes an authority, a server certificate and a client certificate, good for a day, in a folder inside this one. */
export function makeCertificates(inside: string = tmpdir()): Certificates {
  if (!canMakeCertificates()) {
    throw new Error("A server with TLS needs a certificate: install openssl, or give your own");
  }
  const folder = mkdtempSync(join(inside, "respire-tls-"));
  try {
    return certificatesIn(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function certificatesIn(folder: string): Certificates {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "1",
    "-subj",
    "/CN=Test authority",
  );
  // Only `openssl ca` takes dates, and it wants its books kept.
  const signInThePast = (request: string, certificate: string, names: string): void => {
    writeFileSync(file("books"), "");
    writeFileSync(file("ca.conf"), BOOKKEEPING);
    const dates = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"];
    openssl("ca", "-batch", "-config", "ca.conf", ...dates, "-in", request, "-out", certificate, "-extfile", names);
  };
  const issue = (name: string, hosts = "DNS:localhost,IP:127.0.0.1", expired = false): Identity => {
    const [request, names] = [`${name}.csr`, `${name}.ext`];
    writeFileSync(file(names), `subjectAltName=${hosts}\nextendedKeyUsage=serverAuth,clientAuth\n`);
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", request, "-subj", `/CN=${name}`);
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    if (expired) signInThePast(request, `${name}.pem`, names);
    else openssl("x509", "-req", "-in", request, ...by, "-out", `${name}.pem`, "-days", "1", "-extfile", names);
    const [certFile, keyFile] = [file(`${name}.pem`), file(`${name}.key`)];
    return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8"), certFile, keyFile };
  };
  return {
    ca: readFileSync(file("ca.pem"), "utf8"),
    caFile: file("ca.pem"),
    server: issue("server"),
    client: issue("client"),
    named: (names) => issue("named", names),
    expired: () => issue("expired", undefined, true),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What `openssl ca` has to be told. */
const BOOKKEEPING = `[ca]
default_ca = own
[own]
database = books
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
`;
