import type { Driver } from "../driver.ts";
import { openWith } from "./ioredis.ts";

export { version } from "./ioredis.ts";

export const open = (port: number): Promise<Driver> => openWith(port, { enableAutoPipelining: true });
