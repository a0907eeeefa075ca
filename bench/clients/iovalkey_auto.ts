import type { Driver } from "../driver.ts";
import { openWith } from "./iovalkey.ts";

export { version } from "./iovalkey.ts";

export const open = (port: number): Promise<Driver> => openWith(port, { enableAutoPipelining: true });
