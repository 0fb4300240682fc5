// Every name has the address RESOLVED, as a name of a container has its own: node --import ./names.mjs ...
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const found = [{ address: process.env.RESOLVED ?? "127.0.0.1", family: 4 }];
dns.promises.lookup = async () => found;
dns.lookup = (name, ...rest) => {
  const then = rest.pop();
  rest[0]?.all ? then(null, found) : then(null, found[0].address, found[0].family);
};
syncBuiltinESMExports();
