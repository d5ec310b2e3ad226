/** Version of the telemetry protocol that the devtools speak. */
export const protocolVersion = 1;
