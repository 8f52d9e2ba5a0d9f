package todos.keyspaces;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

import org.apache.cassandra.auth.AuthenticatedUser;
import org.apache.cassandra.auth.IAuthenticator;
import org.apache.cassandra.auth.IResource;
import org.apache.cassandra.exceptions.AuthenticationException;

/**
 * The exchange of AWS's own plugin (github.com/aws/aws-sigv4-auth-cassandra-java-driver-plugin): the client
 * opens with "SigV4\0\0", gets "nonce=…", and answers "signature=…,access_key=…,amzdate=…[,session_token=…]".
 */
public final class SigV4Authenticator implements IAuthenticator
{
    private static final String OPENING = "SigV4\0\0";
    /** The plugin accepts no other length. */
    private static final int NONCE_BYTES = 16;
    /** X-Amz-Expires of the signed request. */
    private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofSeconds(900);
    private static final SecureRandom RANDOM = new SecureRandom();

    @Override
    public boolean requireAuthentication()
    {
        return true;
    }

    @Override
    public Set<? extends IResource> protectedResources()
    {
        return Set.of();
    }

    @Override
    public void validateConfiguration() {}

    @Override
    public void setup() {}

    @Override
    public SaslNegotiator newSaslNegotiator(InetAddress client)
    {
        return new Negotiator();
    }

    @Override
    public AuthenticatedUser legacyAuthenticate(Map<String, String> credentials)
    {
        throw new AuthenticationException("Only SigV4 is taken");
    }

    private static final class Negotiator implements SaslNegotiator
    {
        private String nonce;
        private boolean complete;

        @Override
        public byte[] evaluateResponse(byte[] response)
        {
            String text = new String(response, StandardCharsets.UTF_8);
            if (nonce == null)
                return challenge(text);
            check(text);
            complete = true;
            return null;
        }

        private byte[] challenge(String opening)
        {
            if (!opening.equals(OPENING))
                throw new AuthenticationException("The exchange must open with SigV4 and two NULs");
            byte[] random = new byte[NONCE_BYTES];
            RANDOM.nextBytes(random);
            nonce = HexFormat.of().formatHex(random);
            return ("nonce=" + nonce).getBytes(StandardCharsets.UTF_8);
        }

        private void check(String response)
        {
            Map<String, String> fields = fields(response);
            Control control = Control.INSTANCE;
            Control.Credentials known = control.credentials();
            String amzDate = fields.getOrDefault("amzdate", "");
            checkTime(amzDate);
            if (known.accessKeyId().isEmpty() || !known.accessKeyId().equals(fields.get("access_key")))
                throw new AuthenticationException("The security token included in the request is invalid.");
            if (!known.sessionToken().equals(fields.getOrDefault("session_token", "")))
                throw new AuthenticationException("The security token included in the request is invalid.");
            String expected = SigV4.sign(known.accessKeyId(), known.secretAccessKey(), control.region(), nonce, amzDate);
            if (!expected.equals(fields.get("signature")))
                throw new AuthenticationException("The request signature we calculated does not match the signature you provided.");
        }

        private static void checkTime(String amzDate)
        {
            try
            {
                Duration difference = Duration.between(Instant.parse(amzDate), Instant.now()).abs();
                if (difference.compareTo(CLOCK_DIFFERENCE_MAX) <= 0)
                    return;
            }
            catch (DateTimeException e)
            {
                throw new AuthenticationException("amzdate is not a time: " + e.getMessage());
            }
            throw new AuthenticationException("Signature expired: " + amzDate);
        }

        private static Map<String, String> fields(String response)
        {
            Map<String, String> fields = new HashMap<>();
            for (String field : response.split(","))
            {
                int equals = field.indexOf('=');
                if (equals > 0)
                    fields.put(field.substring(0, equals), field.substring(equals + 1));
            }
            return fields;
        }

        @Override
        public boolean isComplete()
        {
            return complete;
        }

        /** IAM knows who may do what, the bench does not: everybody let in is Cassandra's own first user. */
        @Override
        public AuthenticatedUser getAuthenticatedUser()
        {
            if (!complete)
                throw new AuthenticationException("The exchange is not complete");
            return new AuthenticatedUser("cassandra");
        }
    }
}
