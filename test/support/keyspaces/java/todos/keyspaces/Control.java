package todos.keyspaces;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Properties;

/** What the test asks of the bench while it runs: a properties file, read again whenever it changed. */
final class Control
{
    static final Control INSTANCE = new Control(Path.of(System.getProperty("todos.keyspaces.control")));

    private final Path path;
    private Properties values = new Properties();
    private FileTime modified;

    private Control(Path path)
    {
        this.path = path;
    }

    /** Share of requests to throttle, 0 to 1. */
    double throttle()
    {
        return Double.parseDouble(get("throttle", "0"));
    }

    /** Whether a throttled write is carried out all the same: a timeout's outcome is undefined. */
    boolean throttledWritesApply()
    {
        return Boolean.parseBoolean(get("throttledWritesApply", "false"));
    }

    /** How long a table, keyspace or column takes to be made. */
    long schemaDelayMs()
    {
        return Long.parseLong(get("schemaDelayMs", "1000"));
    }

    /** Rows of a page at most; a real one ends after 1 MB read. */
    int pageRowsMax()
    {
        return Integer.parseInt(get("pageRowsMax", "7"));
    }

    /** Share of pages that are empty and say that there is more. */
    double emptyPageShare()
    {
        return Double.parseDouble(get("emptyPageShare", "0.3"));
    }

    String region()
    {
        return get("region", "eu-west-1");
    }

    /** The one access key accepted: its secret, and its session token where there is one. */
    Credentials credentials()
    {
        return new Credentials(get("accessKeyId", ""), get("secretAccessKey", ""), get("sessionToken", ""));
    }

    record Credentials(String accessKeyId, String secretAccessKey, String sessionToken) {}

    private synchronized String get(String name, String otherwise)
    {
        readWhereChanged();
        return values.getProperty(name, otherwise);
    }

    private void readWhereChanged()
    {
        try
        {
            FileTime changed = Files.getLastModifiedTime(path);
            if (changed.equals(modified))
                return;
            Properties read = new Properties();
            try (var reader = Files.newBufferedReader(path))
            {
                read.load(reader);
            }
            values = read;
            modified = changed;
        }
        catch (IOException e)
        {
            throw new UncheckedIOException(e);
        }
    }
}
