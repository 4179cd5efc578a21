import { type } from '../own-types.ts';

const mapping = type.struct({ claim: type.string, prefix: type.string, expression: type.string });

/** The form of a JwtAuthenticator. */
export const jwtAuthenticatorSchema = type.struct({
  issuer: {
    schema: type.struct({
      url: { schema: type.string, required: true },
      discoveryURL: type.string,
      certificateAuthority: type.string,
      audiences: type.list(type.string),
      audienceMatchPolicy: type.string,
    }),
    required: true,
  },
  claimValidationRules: type.list(
    type.struct({ claim: type.string, requiredValue: type.string, expression: type.string, message: type.string }),
  ),
  claimMappings: {
    schema: type.struct({
      username: mapping,
      groups: mapping,
      uid: type.struct({ claim: type.string, expression: type.string }),
      extra: type.list(type.struct({ key: type.string, valueExpression: type.string })),
    }),
    required: true,
  },
  userValidationRules: type.list(type.struct({ expression: type.string, message: type.string })),
});
