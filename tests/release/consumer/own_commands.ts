// A client with the commands that somebody wrote, and one that was written for them.
import { BaseClient, connectTransport, graft, open, type Surfaces } from "@respire/redis/client";
import { generate } from "@respire/redis/codegen";
import { type Arg, CommandSpec, READONLY, type Shape } from "@respire/redis/command";

const ECHO = new CommandSpec("ECHO", READONLY, 1);

abstract class Commands {
  abstract send<T>(spec: CommandSpec, args: Arg[], shape?: Shape): Promise<T>;
  echo(text: string): Promise<string> {
    return this.send(ECHO, [text]);
  }
}

interface Small extends Commands {}
class Small extends BaseClient<Surfaces> {}
graft(Small, Commands);

await using redis = await open<Small>({ client: Small }, connectTransport, "redis://127.0.0.1:6379");
console.log(await redis.echo("hello"));
const { text } = await generate({ from: "redis://127.0.0.1:6379", only: ["get", "set"] });
console.log(/\bget\(/.test(text), /\bhget\(/.test(text), text.length);
console.log("own_commands done");
