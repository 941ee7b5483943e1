// Amazon's tutorial "send a message", with nothing but Java: an invoice and a question.
// Usage: java NineSteps.java ORDER FILE TEXT
// The environment says where and who: SP_API_ENDPOINT, LWA_ENDPOINT, SP_API_DEFAULT_MARKETPLACE (an id),
// SP_API_REFRESH_TOKEN, LWA_APP_ID, LWA_CLIENT_SECRET.
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Pattern;

public class NineSteps {
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final String API = System.getenv("SP_API_ENDPOINT");
    static final String QUERY = "?marketplaceIds=" + System.getenv("SP_API_DEFAULT_MARKETPLACE");
    static String token;

    public static void main(String[] arguments) throws Exception {
        String order = arguments[0]; // steps 1, 5 and 4
        Path path = Path.of(arguments[1]);
        String text = arguments[2];
        String orders = "/messaging/v1/orders/" + order;
        token = field("access_token", send(HttpRequest.newBuilder(URI.create(System.getenv("LWA_ENDPOINT")))
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("grant_type=refresh_token"
                        + "&refresh_token=" + encoded(System.getenv("SP_API_REFRESH_TOKEN"))
                        + "&client_id=" + encoded(System.getenv("LWA_APP_ID"))
                        + "&client_secret=" + encoded(System.getenv("LWA_CLIENT_SECRET"))))));

        // Steps 2 and 3: what the order allows, and the choice.
        String actions = call("GET", orders + QUERY, BodyPublishers.noBody());
        if (!actions.contains("\"sendInvoice\"")) throw new IllegalStateException("no invoice for this order");
        System.out.println(field("locale", call("GET", orders + "/attributes" + QUERY, BodyPublishers.noBody())));

        // Step 6: the digest, 16 bytes in base64.
        byte[] file = Files.readAllBytes(path);
        String digest = Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(file));

        // Step 7: the destination.
        String destination = call("POST", "/uploads/2020-11-01/uploadDestinations" + orders + "/messages/invoice"
                + QUERY + "&contentMD5=" + encoded(digest), BodyPublishers.noBody());

        // Step 8: the file, with the headers of the destination.
        send(HttpRequest.newBuilder(URI.create(field("url", destination)))
                .header("Content-MD5", field("Content-MD5", destination))
                .header("x-amz-server-side-encryption", field("x-amz-server-side-encryption", destination))
                .PUT(BodyPublishers.ofByteArray(file)));

        // Step 9: the messages.
        String attachment = "{\"uploadDestinationId\": \"" + field("uploadDestinationId", destination)
                + "\", \"fileName\": \"" + path.getFileName() + "\"}";
        message(orders + "/messages/invoice", "{\"attachments\": [" + attachment + "]}");
        message(orders + "/messages/confirmOrderDetails", "{\"text\": \"" + text + "\"}");
    }

    static void message(String path, String json) throws Exception {
        call("POST", path + QUERY, BodyPublishers.ofString(json));
    }

    static String call(String method, String path, BodyPublisher body) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(API + path)).method(method, body)
                .header("x-amz-access-token", token).header("content-type", "application/json"));
    }

    static String send(HttpRequest.Builder request) throws Exception {
        var answer = HTTP.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (answer.statusCode() >= 300) throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        return answer.body();
    }

    static String field(String name, String json) {
        var found = Pattern.compile("\"" + name + "\": *\"([^\"]*)\"").matcher(json);
        if (!found.find()) throw new IllegalStateException("no " + name + " in the answer");
        return found.group(1);
    }

    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
