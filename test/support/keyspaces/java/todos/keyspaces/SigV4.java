package todos.keyspaces;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The signature Keyspaces expects for a nonce: a presigned PUT of /authenticate that is never sent. */
final class SigV4
{
    private SigV4() {}

    /** @param amzDate ISO 8601 with milliseconds and Z, as the client states it */
    static String sign(String accessKeyId, String secret, String region, String nonce, String amzDate)
    {
        String day = amzDate.substring(0, 10).replace("-", "");
        String scope = day + "/" + region + "/cassandra/aws4_request";
        String query = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                       + "&X-Amz-Credential=" + encoded(accessKeyId + "/" + scope)
                       + "&X-Amz-Date=" + encoded(amzDate)
                       + "&X-Amz-Expires=900";
        String request = "PUT\n/authenticate\n" + query + "\nhost:cassandra\n\nhost\n" + sha256(nonce);
        String toSign = "AWS4-HMAC-SHA256\n" + amzDate + "\n" + scope + "\n" + sha256(request);
        byte[] key = hmac(bytes("AWS4" + secret), day);
        for (String part : new String[]{ region, "cassandra", "aws4_request" })
            key = hmac(key, part);
        return HexFormat.of().formatHex(hmac(key, toSign));
    }

    private static String encoded(String text)
    {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String sha256(String text)
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(text)));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, String text)
    {
        try
        {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        }
        catch (GeneralSecurityException e)
        {
            throw new IllegalStateException(e);
        }
    }
}
