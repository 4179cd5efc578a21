/** By what name the servers of a logical cluster know their front proxy. At most 64 characters, as common names are. */
export function frontProxyNameOf(clusterUid: string): string {
  return `front-proxy-client:${clusterUid}`;
}
