import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.aws.mcs.auth.SigV4AuthProvider;

/**
 * What AWS's plugin makes of a nonce. One case a line on standard input, tab-separated: region, access key,
 * secret, session token (may be empty), nonce, time (may be empty). Per line: the signature for that time, or,
 * without a time, the plugin's whole answer at its own.
 */
public final class Sign
{
    public static void main(String[] args) throws Exception
    {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine())
            System.out.println(answer(line.split("\t", -1)));
    }

    private static String answer(String[] fields) throws Exception
    {
        AwsCredentials credentials = fields[3].isEmpty()
                                     ? AwsBasicCredentials.create(fields[1], fields[2])
                                     : AwsSessionCredentials.create(fields[1], fields[2], fields[3]);
        var plugin = new SigV4AuthProvider(StaticCredentialsProvider.create(credentials), fields[0]);
        return fields[5].isEmpty() ? whole(plugin, fields[4]) : signature(plugin, fields[4], fields[5], credentials);
    }

    private static String whole(SigV4AuthProvider plugin, String nonce) throws Exception
    {
        ByteBuffer challenge = ByteBuffer.wrap(("nonce=" + nonce).getBytes(StandardCharsets.UTF_8));
        ByteBuffer answer = plugin.newAuthenticator(null, null).evaluateChallenge(challenge).toCompletableFuture().get();
        return StandardCharsets.UTF_8.decode(answer).toString();
    }

    /** The plugin takes its time from the clock; only the method that signs takes one. */
    private static String signature(SigV4AuthProvider plugin, String nonce, String time, AwsCredentials credentials) throws Exception
    {
        var sign = SigV4AuthProvider.class.getDeclaredMethod("generateSignature", byte[].class, Instant.class, AwsCredentials.class);
        sign.setAccessible(true);
        return (String) sign.invoke(plugin, nonce.getBytes(StandardCharsets.UTF_8), Instant.parse(time), credentials);
    }
}
