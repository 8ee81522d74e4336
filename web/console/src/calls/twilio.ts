/** Twilio's Voice SDK; loaded only where a line needs it, because it is larger than the console. */
import { type Call, Device, type TwilioError } from "@twilio/voice-sdk";
import { text } from "./messages";
import type { Softphone } from "./phone";

const PERMISSION_DENIED = 31401;

let device: Device | undefined;

export const twilio: Softphone = {
  async start(token, trouble) {
    const own = new Device(await token(), { closeProtection: true, logLevel: "error" });
    device = own;
    own.on("tokenWillExpire", () => void token().then((next) => own.updateToken(next)));
    own.on("error", (error: TwilioError.TwilioError) =>
      trouble(error.code === PERMISSION_DENIED ? text.microphone : error.message),
    );
    own.on("registered", () => trouble(""));
    // the hub rings this browser only for a call that its agent has asked for or taken
    own.on("incoming", (call: Call) => call.accept());
    await own.register();
  },
  stop() {
    device?.destroy();
    device = undefined;
  },
};
